/**
 * Recorded runs of large groups, printed as Markdown (docs/scale.md): `npm run scale`, some minutes.
 *
 * 1. A group of 10,000 members with 1,000 open sockets in the local runtime: each message reaches each socket exactly
 *    once, with the AWS calls that it took, counted at the wire.
 * 2. The workers alone, for groups of 100 to 100,000 members of whom a tenth are online, over real tables, with a post
 *    target that only counts.
 */
import { parseArgs } from 'node:util';
import { BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import WebSocket from 'ws';
import { createConversationTable } from '../lambdas/adapters/conversation-table.ts';
import { createDocumentClient } from '../lambdas/adapters/dynamodb.ts';
import { createGroupTable } from '../lambdas/adapters/group-table.ts';
import { createMessageTable } from '../lambdas/adapters/message-table.ts';
import { createRouteTable } from '../lambdas/adapters/route-table.ts';
import { type FanOutJob, type FanOutPorts, fanOut } from '../lambdas/domain/fan-out.ts';
import type { StoredMessage } from '../lambdas/domain/message.ts';
import { chunk } from '../lambdas/shared/chunk.ts';
import { type LocalRuntime, startRuntime } from '../local/runtime.ts';
import { createWire } from '../local/wire/index.ts';

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '10000' },
    sockets: { type: 'string', default: '1000' },
    messages: { type: 'string', default: '3' },
    sizes: { type: 'string', default: '100,1000,10000,100000' },
  },
});

const wire = createWire({ keep: 200_000 });
const runtime = await startRuntime({ wire: wire.attach, onWarning: () => undefined });
Object.assign(process.env, {
  AWS_ENDPOINT_URL_DYNAMODB: runtime.endpoints.dynamodb,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
});
const documents = createDocumentClient();
const clock = () => Date.now();
const table = (part: string) =>
  runtime.stack.tables.find(({ logicalId }) => logicalId.includes(part))?.tableName ?? '';
const groupTable = createGroupTable(documents, {
  conversationsTable: table('Conversations'),
  messagesTable: table('Messages'),
  historyTtlSeconds: 0,
});

try {
  await openSockets(Number(values.members), Number(values.sockets), Number(values.messages));
  await workersAlone(values.sizes.split(',').map(Number));
} finally {
  await runtime.stop();
}

/** Rows as `POST /groups` and its like would have made them, without a message for every forty. */
async function seedGroup(conversationId: string, users: readonly string[]): Promise<void> {
  const [owner = ''] = users;
  const facts = { name: 'Large', admins: [owner], memberCount: 1, openHistory: false };
  await groupTable.create(facts, [owner], aMessage(conversationId, owner, 1, 'created'));
  const rows = users.slice(1).flatMap((userId) => [
    { pk: conversationId, sk: `m#${userId}`, joinedSeq: 1 },
    { pk: `u#${userId}`, sk: conversationId, readSeq: 0, visibleFrom: 1 },
  ]);
  await putAll(documents, table('Conversations'), rows);
  const { UpdateCommand } = await import('@aws-sdk/lib-dynamodb');
  await documents.send(
    new UpdateCommand({
      TableName: table('Conversations'),
      Key: { pk: conversationId, sk: 'head' },
      UpdateExpression: 'SET memberCount = :count',
      ExpressionAttributeValues: { ':count': users.length },
    }),
  );
}

async function putAll(client: DynamoDBDocumentClient, name: string, items: readonly object[]): Promise<void> {
  for (const parts of chunk(chunk(items, 25), 8)) {
    const requests = parts.map((part) => part.map((Item) => ({ PutRequest: { Item: { ...Item } } })));
    await Promise.all(
      requests.map((writes) => client.send(new BatchWriteCommand({ RequestItems: { [name]: writes } }))),
    );
  }
}

function aMessage(conversationId: string, from: string, seq: number, text: string): StoredMessage {
  const messageId = `01ARZ3NDEKTSV4RRFF${String(seq).padStart(8, '0')}`;
  const contentJson = JSON.stringify({ type: 'text', text });
  return {
    conversationId,
    from,
    clientMsgId: `c${seq}`,
    seq,
    messageId,
    sentAt: Date.now(),
    contentJson,
    contentHash: 'h',
  };
}

/** `ServerlessIm-ChatStorageMessagesD603B373` is Messages. */
function short(name: string): string {
  return name.replaceAll(/ServerlessIm-|Chat|Functions|Storage|[0-9A-F]{8}(?=$|\+)/g, '');
}

interface Listener {
  readonly seqs: number[];
  readonly socket: WebSocket;
}

async function openSockets(memberCount: number, socketCount: number, messageCount: number): Promise<void> {
  const users = Array.from({ length: memberCount }, (_, n) => `s${String(n).padStart(6, '0')}`);
  const conversationId = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';
  await seedGroup(conversationId, users);
  const listeners: Listener[] = [];
  for (const part of chunk(users.slice(0, socketCount), 20)) {
    listeners.push(...(await Promise.all(part.map((userId) => listen(runtime, userId)))));
    process.stderr.write(`\r${listeners.length} sockets`);
  }
  const sender = await listen(runtime, users[0] ?? '');
  wire.reset();
  const startMs = performance.now();
  for (let n = 1; n <= messageCount; n += 1) {
    sender.socket.send(
      JSON.stringify({
        action: 'sendMessage',
        id: `${n}`,
        clientMsgId: `m${n}`,
        conversationId,
        content: { type: 'text', text: `m${n}` },
      }),
    );
  }
  const everybody = [...listeners];
  const waitedMs = 120_000;
  while (
    everybody.some(({ seqs }) => new Set(seqs).size < messageCount) &&
    performance.now() - startMs < waitedMs
  ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const tookMs = performance.now() - startMs;
  await wire.quiet();
  const complete = everybody.filter(({ seqs }) => new Set(seqs).size === messageCount).length;
  const twice = everybody.reduce((sum, { seqs }) => sum + seqs.length - new Set(seqs).size, 0);
  console.log(`\n### ${memberCount} members, ${socketCount} sockets, ${messageCount} messages at once\n`);
  console.log(
    `${complete} of ${everybody.length} sockets got every message, ${twice} copies too many, in ${(tookMs / 1000).toFixed(1)} s.\n`,
  );
  console.log('| function | call | a message |\n|---|---|---|');
  for (const { function: name, operation, target, calls } of wire.counts().rows) {
    const fn = short(name);
    console.log(`| ${fn} | ${operation} ${short(target)} | ${(calls / messageCount).toFixed(1)} |`);
  }
  for (const { socket } of [...listeners, sender]) socket.terminate();
  if (complete < everybody.length) process.exitCode = 1;
}

async function listen({ wsUrl, token }: LocalRuntime, userId: string): Promise<Listener> {
  const socket = new WebSocket(wsUrl, ['im.v1', `im.token.${await token(userId)}`]);
  const seqs: number[] = [];
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data));
    if (frame.type === 'messages') for (const { seq } of frame.messages) seqs.push(seq);
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { seqs, socket };
}

async function workersAlone(sizes: readonly number[]): Promise<void> {
  console.log('\n### The workers alone: a tenth online, a post target that counts\n');
  console.log(
    '| members | online | jobs | Query | BatchGetItem | posts | seconds |\n|---|---|---|---|---|---|---|',
  );
  for (const size of sizes) {
    const users = Array.from({ length: size }, (_, n) => `w${size}-${String(n).padStart(6, '0')}`);
    const conversationId = `g:01ARZ3NDEKTSV4RRFF${String(size).padStart(8, '0')}`;
    await seedGroup(conversationId, users);
    const online = users.filter((_, n) => n % 10 === 0);
    const now = Date.now();
    const route = { c: 'c', m: 'managed', a: now - 60_000, e: now + 3_600_000, l: now + 1_800_000 };
    await putAll(
      documents,
      table('Routes'),
      online.map((userId) => ({ userId, 'd#phone': { ...route, c: userId } })),
    );
    const row = await runWorkers(conversationId, users, online.length);
    console.log(`| ${row.join(' | ')} |`);
  }
}

async function runWorkers(
  conversationId: string,
  users: readonly string[],
  online: number,
): Promise<(string | number)[]> {
  const calls = new Map<string, number>();
  documents.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (input) => {
        calls.set(commandName, (calls.get(commandName) ?? 0) + 1);
        return next(input);
      },
    { step: 'finalizeRequest', name: 'count', override: true },
  );
  const jobs: FanOutJob[] = [];
  const posts = new Map<string, number>();
  const messages = createMessageTable(documents, {
    tableName: table('Messages'),
    historyTtlSeconds: 0,
    clock,
  });
  const ports: FanOutPorts = {
    routes: createRouteTable(documents, table('Routes')),
    groups: groupTable,
    messages,
    queue: { enqueue: async () => undefined },
    fanOut: { enqueue: async (added) => void jobs.push(...added) },
    connections: {
      async post(connectionId) {
        posts.set(connectionId, (posts.get(connectionId) ?? 0) + 1);
        return 'took';
      },
      probe: async () => 'took',
      close: async () => undefined,
    },
    clock,
  };
  const slot = await createConversationTable(documents, { tableName: table('Conversations'), clock }).nextSeq(
    conversationId,
    users[0] ?? '',
    'c2',
  );
  const stored = aMessage(conversationId, users[0] ?? '', slot?.seq ?? 2, 'hi');
  await messages.putIfAbsent(stored);
  calls.clear();
  const { referenceTo } = await import('../lambdas/domain/offline.ts');
  const startMs = performance.now();
  jobs.push({ conversationId, memberCount: users.length, what: { reference: referenceTo(stored) } });
  let done = 0;
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    await fanOut(ports, job);
    done += 1;
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(2);
  const wrong = [...posts.values()].filter((count) => count !== 1).length + Math.abs(online - posts.size);
  if (wrong > 0) process.exitCode = 1;
  return [
    users.length,
    online,
    done,
    calls.get('QueryCommand') ?? 0,
    calls.get('BatchGetCommand') ?? calls.get('BatchGetItemCommand') ?? 0,
    posts.size,
    seconds,
  ];
}
