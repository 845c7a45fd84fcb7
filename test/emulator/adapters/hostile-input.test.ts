import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { poll } from '../../../lambdas/domain/sessions/poll.ts';
import { UnauthorizedError } from '../../../lambdas/shared/errors.ts';
import { parseWith } from '../../../lambdas/shared/parse.ts';
import type { SocketEvent } from '../../../lambdas/transport/frame.ts';
import { createHttpHandler, type HttpEvent } from '../../../lambdas/transport/http.ts';
import {
  attachmentHttpAnswers,
  deskHttpAnswers,
  httpAnswers,
} from '../../../lambdas/transport/http-answers.ts';
import { createFrameHandler } from '../../../lambdas/transport/socket.ts';
import { deskActions, socketActions } from '../../../lambdas/transport/socket-actions.ts';
import { ATTACHMENT_HTTP_ROUTES } from '../../../protocol/attachments.ts';
import { DESK_HTTP_ROUTES, HTTP_ROUTES, POLL_ROUTE, pollSchema } from '../../../protocol/http.ts';
import { decodeServerFrame } from '../../../protocol/protobuf.ts';
import { tokens } from '../../adapters/memory/tokens.ts';
import { aSession, createWorld, NOON } from '../../adapters/memory/world.ts';
import { hostileFrames } from '../../hostile/frames.ts';
import { forgedCursor, type HostileRequest, hostileRequest } from '../../hostile/requests.ts';
import { startTables } from './tables.ts';

/** The functions on the stack's real tables: DynamoDB refuses keys and ranges that a map in memory takes. */

const SECRET = 'for-others-only';
const clock = () => NOON;
let world: Awaited<ReturnType<typeof startWorld>>;
let own: string;

async function startWorld() {
  const tables = await startTables(clock, { isOwn: true });
  const {
    routes,
    conversations,
    groups,
    messages,
    reactions,
    pins,
    profiles,
    contacts,
    blocks,
    desk,
    inbox,
  } = tables;
  const took = async () => 'took' as const;
  const verify = () => Promise.reject(new UnauthorizedError());
  return {
    ...createWorld(),
    ...{ routes, conversations, conversationWriter: conversations, groups, groupWriter: groups },
    ...{ reactions, reactionWriter: reactions, pins, pinWriter: pins, profiles, profileWriter: profiles },
    ...{ contacts, contactWriter: contacts, blocks, blockWriter: blocks, reportWriter: tables.reports },
    attachmentRecords: tables.attachmentRecords,
    ...{ messages, messageWriter: messages, desk, deskWriter: desk, outbox: desk, inbox, clock },
    connections: { post: took, probe: took, close: took },
    ...{ tokens: { verify }, pause: async () => {}, webSocketUrl: 'wss://chat.example' },
    stop: tables.stop,
  };
}

beforeAll(async () => {
  world = await startWorld();
  const text = (text: string) => ({ type: 'text' as const, text });
  await world.routes.connect(aSession({ userId: 'alice' }));
  for (const to of ['bob', 'carol', 'zed'])
    await send(world, 'alice', { clientMsgId: to, to, content: text('hi') });
  const members = ['bob', 'carol'];
  own = (await createGroup(world, 'alice', { name: 'Own', members, openHistory: true })).conversationId;
  await send(world, 'bob', { clientMsgId: 'c', to: 'carol', content: text(SECRET) });
  await createGroup(world, 'bob', { name: SECRET, members: [`carol-${SECRET}`], openHistory: true });
});
afterAll(() => world?.stop());

function handler() {
  const options = { ...world, tokens, allowedOrigins: ['*'] };
  return createHttpHandler(options, () => ({
    ...httpAnswers(world),
    ...deskHttpAnswers(world),
    ...attachmentHttpAnswers(world),
    [POLL_ROUTE]: {
      answer: ({ userId, body }) => poll(world, { userId, ...parseWith(pollSchema, body()) }),
    },
  }));
}

function event(routeKey: string, { path, query, body }: HostileRequest): HttpEvent {
  return {
    routeKey,
    headers: { authorization: 'Bearer alice:supervisor' },
    pathParameters: path,
    queryStringParameters: query,
    body,
    isBase64Encoded: false,
  } as unknown as HttpEvent;
}

async function expectHarmless(routeKey: string, request: HostileRequest) {
  const { statusCode, body = '' } = await handler()(event(routeKey, request));
  expect(statusCode, body).toBeLessThan(500);
  expect(body).not.toContain(SECRET);
  return { statusCode, body };
}

const VALID_BODIES = [
  { deviceId: 'tablet', waitMs: 0 },
  { clientMsgId: 'c9', to: 'bob', content: { type: 'text', text: 'hi' } },
  { name: 'Rowers', members: ['bob'] },
  { members: ['dan'] },
  { name: 'Alice', avatar: 'https://pictures.example/a', custom: { a: 1 } },
  {
    to: 'bob',
    name: 'cat.jpg',
    size: 1,
    type: 'image/jpeg',
    thumbnail: { size: 1, type: 'image/webp', width: 1, height: 1 },
  },
  {
    clientMsgId: 'c8',
    to: 'bob',
    content: { type: 'file', attachments: [{ attachmentId: '01M8G7ANDPMQ1Y9ZY667WWF1QF' }] },
  },
  { muted: true, archived: true },
  { conversationId: 'dm:alice:bob', seq: 1, reason: 'Spam' },
];

describe('a hostile request', () => {
  it.each([...HTTP_ROUTES, ...DESK_HTTP_ROUTES, ...ATTACHMENT_HTTP_ROUTES, POLL_ROUTE])(
    "to %s is answered below 500, without what is not the caller's (IM-REFUSE-9)",
    async (route) => {
      await fc.assert(
        fc.asyncProperty(hostileRequest('alice', VALID_BODIES), async (request) => {
          await expectHarmless(route, request);
        }),
        { numRuns: 60 },
      );
    },
  );
});

describe('a forged cursor', () => {
  const none = { path: {}, query: {}, body: '{}' };
  it.each([
    ['GET /conversations', (cursor: string) => ({ ...none, query: { cursor } })],
    ['GET /contacts', (cursor: string) => ({ ...none, query: { cursor } })],
    ['GET /blocks', (cursor: string) => ({ ...none, query: { cursor } })],
    ['GET /desk/chats', (cursor: string) => ({ ...none, query: { cursor } })],
    ['GET /groups/{id}/members', (cursor: string) => ({ ...none, path: { id: own }, query: { cursor } })],
    ['GET /groups/{id}/reads', (cursor: string) => ({ ...none, path: { id: own }, query: { cursor } })],
    [POLL_ROUTE, (batch: string) => ({ ...none, body: JSON.stringify({ ...VALID_BODIES[0], batch }) })],
  ])(
    'of %s shows nothing of others, and is refused with 400 unless it is one that the server makes (IM-REFUSE-5)',
    async (route, toRequest) => {
      await fc.assert(
        fc.asyncProperty(forgedCursor('alice'), async (cursor) => {
          const { statusCode } = await expectHarmless(route, toRequest(cursor));
          expect([200, 400]).toContain(statusCode);
        }),
        { numRuns: 150 },
      );
    },
  );
});

describe('a hostile frame', () => {
  it.each([
    ['JSON', hostileFrames.json, {}],
    ['Protobuf', hostileFrames.protobuf, { encoding: 'protobuf' }],
  ])('in %s never makes a table refuse (IM-FRAME-3, IM-REFUSE-9)', async (_, frames, authorizer) => {
    const handle = createFrameHandler(world, () => ({ ...socketActions(world), ...deskActions(world) }));
    const ofAlice = { userId: 'alice', deviceId: 'phone', roles: 'agent', ...authorizer };
    await fc.assert(
      fc.asyncProperty(frames, async (body) => {
        const requestContext = { eventType: 'MESSAGE', routeKey: '$default', connectionId: 'alice-phone' };
        const event = { requestContext: { ...requestContext, authorizer: ofAlice }, body };
        const { body: text } = await handle(event as unknown as SocketEvent);
        if (text === undefined || text === 'heartbeat') return;
        const { code } = 'encoding' in authorizer ? decodeServerFrame(text) : JSON.parse(text);
        expect(['internal', 'unavailable']).not.toContain(code);
      }),
      { numRuns: 200 },
    );
  });
});
