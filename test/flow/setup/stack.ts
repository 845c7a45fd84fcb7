import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { expect, inject, vi } from 'vitest';
import { type LocalRuntime, type RuntimeOptions, startRuntime } from '../../../local/runtime.ts';
import { openSocket, type SocketOptions, type TestSocket } from './socket.ts';

export const ALLOWED_ORIGIN = 'https://chat.example';

export interface Stack extends LocalRuntime {
  /** Opens a session of this user; managed, with a new device, unless told otherwise. */
  open(userId: string, options?: Partial<SocketOptions>): Promise<TestSocket>;
  /** Opens a session and says hello. */
  join(userId: string, options?: Partial<SocketOptions>): Promise<TestSocket>;
  http(userId: string, path: string, init?: RequestInit): Promise<{ status: number; body: Json }>;
  /** Resolves when the user's inbox holds this many entries. */
  inboxHolds(userId: string, entries: number): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there
export type Json = any;

let users = 0;
/** A user that no other test of this run knows. */
export function newUser(name: string): string {
  users += 1;
  return `${name}-${process.pid}-${users}`;
}

/** The stack's own template and bundles, in memory. */
export async function startStack(options: RuntimeOptions = {}): Promise<Stack> {
  const runtime = await startRuntime({
    cdkOut: inject('cdkOut'),
    environment: { ALLOWED_ORIGINS: ALLOWED_ORIGIN },
    ...options,
  });
  const open: Stack['open'] = async (userId, socketOptions = {}) =>
    openSocket(runtime.wsUrl, {
      token: socketOptions.token ?? (await runtime.token(userId)),
      ...socketOptions,
    });

  return {
    ...runtime,
    open,
    async join(userId, socketOptions) {
      const socket = await open(userId, socketOptions);
      await socket.request({ action: 'hello' });
      return socket;
    },
    async http(userId, path, init = {}) {
      const headers = { authorization: `Bearer ${await runtime.token(userId)}`, ...init.headers };
      const response = await fetch(runtime.httpUrl + path, { ...init, headers });
      return { status: response.status, body: await response.json() };
    },
    inboxHolds: (userId, entries) =>
      vi.waitFor(async () => expect(await countInbox(runtime, userId)).toBe(entries), {
        timeout: 10_000,
        interval: 20,
      }),
  };
}

async function countInbox({ stack, endpoints }: LocalRuntime, userId: string): Promise<number | undefined> {
  const table = stack.tables.find(({ logicalId }) => logicalId.includes('Inbox'));
  const client = new DynamoDBClient({
    endpoint: endpoints.dynamodb,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const { Count } = await client.send(
    new QueryCommand({
      TableName: table?.tableName,
      KeyConditionExpression: 'userId = :userId',
      ExpressionAttributeValues: { ':userId': { S: userId } },
      Select: 'COUNT',
      ConsistentRead: true,
    }),
  );
  client.destroy();
  return Count;
}
