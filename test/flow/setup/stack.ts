import { setTimeout as sleep } from 'node:timers/promises';
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { expect, inject, vi } from 'vitest';
import type { TokenOptions } from '../../../local/dev-issuer.ts';
import { dynamoDbClient } from '../../../local/emulators/clients.ts';
import { type LocalRuntime, type RuntimeOptions, startRuntime } from '../../../local/runtime.ts';
import { PATIENCE_MS } from '../../setup/patience.ts';
import { unequalClocks } from './clocks.ts';
import { deployment } from './deployment.ts';
import type { Json } from './json.ts';
import { createTestProxy } from './proxy.ts';
import { openSocket, type SocketOptions, type TestSocket } from './socket.ts';

export const ALLOWED_ORIGIN = 'https://chat.example';

/** The chat as clients see it, local or deployed. */
export interface Chat {
  readonly wsUrl: string;
  readonly httpUrl: string;
  token(userId: string, options?: TokenOptions): Promise<string>;
  /** Opens a session of this user. @default managed, with a new device */
  open(userId: string, options?: Partial<SocketOptions>): Promise<TestSocket>;
  /** Opens a session and says hello. */
  join(userId: string, options?: Partial<SocketOptions>): Promise<TestSocket>;
  http(userId: string, path: string, init?: RequestInit): Promise<{ status: number; body: Json }>;
  /** Resolves when the user's inbox holds this many entries and their consumer is idle. */
  inboxHolds(userId: string, entries: number): Promise<void>;
  stop(): Promise<void>;
}

/** What a client needs of it. */
export type Reachable = Omit<Chat, 'inboxHolds' | 'stop'>;

export type Stack = Chat & LocalRuntime;

/** A deployment keeps the data of earlier runs, so user ids must be new. */
const RUN = deployment === undefined ? String(process.pid) : `${process.pid}-${Date.now().toString(36)}`;
let users = 0;
/** A user id that no other test of this run has. */
export function newUser(name: string): string {
  users += 1;
  return `${name}-${RUN}-${users}`;
}

/** Tests do in a second what a user does in an hour; those of budgets set their own. */
export const TEST_ENVIRONMENT = {
  ALLOWED_ORIGINS: ALLOWED_ORIGIN,
  USER_BUDGET: 'none',
  STRANGERS_PER_DAY: 'none',
};

/** The stack's own template and bundles, in memory. */
export function startStack(options: RuntimeOptions = {}): Promise<Stack> {
  return startDefaultStack({ ...options, environment: { ...TEST_ENVIRONMENT, ...options.environment } });
}

/** With the limits of a deployment. */
async function startDefaultStack(options: RuntimeOptions): Promise<Stack> {
  const runtime = await startRuntime({
    cdkOut: inject('cdkOut'),
    awsProxy: createTestProxy().attach,
    clockOffsetMs: unequalClocks(1),
    // No test is about a function that is too slow, but the machine may be.
    timeoutFactor: 5,
    ...options,
    environment: { ALLOWED_ORIGINS: ALLOWED_ORIGIN, ...options.environment },
  });
  const consumer = runtime.stack.functions.find(({ logicalId }) => logicalId.includes('StoreOffline'));
  const look = async (userId: string, entries: number) => {
    expect(await countInbox(runtime, userId)).toBe(entries);
    // The consumer reads the routes after it has stored: a session that connects before that gets a push and no entry.
    expect(runtime.workers.instances(consumer?.logicalId ?? '').busy).toBe(0);
  };
  const inboxHolds: Chat['inboxHolds'] = (userId, entries) =>
    vi.waitFor(() => look(userId, entries), { timeout: PATIENCE_MS, interval: 20 });
  return { ...runtime, ...clientsOf(runtime), inboxHolds };
}

let shared: Promise<Stack> | undefined;
let sharedChat: Promise<Stack> | undefined;

/**
 * The stack without options, which all files of a worker share: each test has its own users. It ends with the worker's process.
 */
export async function sharedStack(): Promise<Stack> {
  shared ??= startStack();
  return { ...(await shared), stop: async () => {} };
}

/**
 * The deployment that `npm run verify` names, or the local stack with these options and the limits of a deployment: a case that does
 * more than they allow would fail there.
 */
export async function startChat(options?: RuntimeOptions): Promise<Chat> {
  if (deployment === undefined) {
    if (options !== undefined) return startDefaultStack(options);
    sharedChat ??= startDefaultStack({});
    return { ...(await sharedChat), stop: async () => {} };
  }
  const clients = clientsOf(deployment);
  return {
    ...deployment,
    ...clients,
    inboxHolds: (...wanted) => inboxHoldsFromOutside(clients, ...wanted),
    stop: async () => {},
  };
}

export type Clients = Pick<Chat, 'open' | 'join' | 'http'>;

export function clientsOf({ wsUrl, httpUrl, token }: Pick<Chat, 'wsUrl' | 'httpUrl' | 'token'>): Clients {
  const tokens = new Map<string, Promise<string>>();
  const open: Chat['open'] = async (userId, options = {}) =>
    openSocket(wsUrl, { token: options.token ?? (await token(userId)), ...options });
  return {
    open,
    async join(userId, options) {
      const socket = await open(userId, options);
      await socket.request({ action: 'hello' });
      return socket;
    },
    async http(userId, path, init = {}) {
      // Signing takes 1.4 ms of CPU.
      const bearer = tokens.get(userId) ?? token(userId);
      tokens.set(userId, bearer);
      const headers = { authorization: `Bearer ${await bearer}`, ...init.headers };
      const response = await fetch(httpUrl + path, { ...init, headers });
      return { status: response.status, body: await response.json() };
    },
  };
}

/**
 * Nobody looks into the tables of a deployment: a session of its own asks, at long intervals, since a message that comes
 * while it is there is taken by it. It sees the first page only.
 */
async function inboxHoldsFromOutside({ open }: Clients, userId: string, entries: number): Promise<void> {
  const look = async () => {
    await sleep(INTERVAL_MS);
    const socket = await open(userId, { deviceId: 'verify-probe' });
    const { inbox } = await socket.request({ action: 'hello' });
    await socket.close();
    // The next page needs an acknowledgement, which a probe must not send.
    if (!inbox.more) expect(inbox.messages.length).toBe(entries);
  };
  await vi.waitFor(look, { timeout: 20 * INTERVAL_MS, interval: 1 });
}

const INTERVAL_MS = 2_000;

/** Entries of a user's inbox, in the table. */
export async function countInbox(
  {
    stack,
    endpoints,
  }: { readonly stack: LocalRuntime['stack']; readonly endpoints: { readonly dynamodb: string } },
  userId: string,
): Promise<number | undefined> {
  const table = stack.tables.find(({ logicalId }) => logicalId.includes('Inbox'));
  const client = dynamoDbClient(endpoints.dynamodb);
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
