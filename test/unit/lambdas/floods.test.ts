/** @module-tag long */
import { beforeEach, describe, expect, it } from 'vitest';
import { budgetDollars, DEFAULT_WORST_USER, floods } from '../../../bench/cost/worst-user.ts';
import { createMeter, withBudget } from '../../../lambdas/domain/access/budget.ts';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers } from '../../../lambdas/domain/groups/members.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { REFUSAL_PRICE } from '../../../lambdas/domain/model/prices.ts';
import { createHttpHandler, type HttpEvent } from '../../../lambdas/transport/http.ts';
import { httpAnswers } from '../../../lambdas/transport/http-answers.ts';
import { createFrameHandler } from '../../../lambdas/transport/socket.ts';
import { socketActions } from '../../../lambdas/transport/socket-actions.ts';
import { tokens } from '../../adapters/memory/tokens.ts';
import { aSession, createWorld, NOON, type World } from '../../adapters/memory/world.ts';
import { randomFrom } from '../random-from.ts';

const HOUR_MS = 3_600_000;
const { perMinute, burst } = DEFAULT_WORST_USER;
const LONG = 'x'.repeat(16_000);

let world: World;
beforeEach(() => {
  world = createWorld();
});

type Answer = { readonly code?: string; readonly retryAfterMs?: number };
/** What mallory asks the server for, the nth time. */
type Ask = (n: number) => Promise<Answer>;

function server() {
  const limits = { spending: { perMinute, burst } };
  const { accounts, clock } = world;
  const ports = { ...world, tokens, meter: createMeter({ accounts, limits, clock, random: randomFrom(7) }) };
  const answerFrame = createFrameHandler(ports, (budget) => socketActions(withBudget(ports, budget)));
  const answerHttp = createHttpHandler({ ...ports, allowedOrigins: [] }, (budget) =>
    httpAnswers(withBudget({ ...ports, webSocketUrl: 'wss://chat.example' }, budget)),
  );
  return {
    async frame(frame: object): Promise<Answer> {
      const authorizer = { userId: 'mallory', deviceId: 'phone' };
      const requestContext = {
        eventType: 'MESSAGE' as const,
        routeKey: '$default',
        connectionId: 'mallory-phone',
        connectedAt: NOON,
        authorizer,
      };
      const { body } = await answerFrame({ requestContext, body: JSON.stringify({ id: '1', ...frame }) });
      return body === undefined ? {} : JSON.parse(body);
    },
    async get(routeKey: string, query: object, path: object = {}): Promise<Answer> {
      const request = {
        routeKey,
        headers: { authorization: 'Bearer mallory:mallory' },
        queryStringParameters: query,
        pathParameters: path,
      } as unknown as HttpEvent;
      const { statusCode = 0, body = '' } = await answerHttp(request);
      return statusCode === 200 ? {} : JSON.parse(body);
    },
  };
}

/** Floods for an hour, four times a second, and waits as long as the server says; a hostile client gains nothing by not waiting. */
async function flood(ask: Ask) {
  let [done, refused] = [0, 0];
  const end = world.clock() + HOUR_MS;
  while (world.clock() < end) {
    const { code, retryAfterMs = 0 } = await ask(done + refused);
    if (code === undefined) done += 1;
    else if (code === 'rate_limited') refused += 1;
    else throw new Error(`refused: ${code}`);
    world.advance(Math.max(250, retryAfterMs));
    await world.routes.extendLease(aSession({ userId: 'mallory' }), world.clock() + HOUR_MS);
  }
  return { done, refused };
}

function priceOf(what: string): number {
  const found = floods(DEFAULT_WORST_USER).find((one) => one.what === what);
  if (found === undefined) throw new Error(`no flood: ${what}`);
  return found.price;
}

const names = (count: number) => Array.from({ length: count }, (_, n) => `m${n}`);

async function groupOf(size: number, areOnline: boolean): Promise<string> {
  const [first, ...rest] = [names(size - 1).slice(0, 100), names(size - 1).slice(100)];
  const group = { name: 'all', members: first, openHistory: true };
  const { conversationId } = await createGroup(world, 'mallory', group);
  for (let members = rest[0] ?? []; members.length > 0; members = members.slice(100))
    await addMembers(world, 'mallory', conversationId, members.slice(0, 100));
  if (areOnline)
    for (const userId of names(size - 1))
      await world.routes.connect(aSession({ userId, expiresAtMs: NOON + 3 * HOUR_MS }));
  return conversationId;
}

describe('a flood of one user, for an hour', () => {
  const floodsOf: readonly (readonly [string, (im: ReturnType<typeof server>) => Promise<Ask>])[] = [
    [
      '16 KB to one user',
      async (im) => {
        await world.routes.connect(aSession({ expiresAtMs: NOON + 3 * HOUR_MS }));
        const content = { type: 'text', text: LONG };
        return (n) => im.frame({ action: 'sendMessage', clientMsgId: `c${n}`, to: 'bob', content });
      },
    ],
    [
      'a message to a group of 300',
      async (im) => {
        const conversationId = await groupOf(300, false);
        const content = { type: 'text', text: 'hi' };
        return (n) => im.frame({ action: 'sendMessage', clientMsgId: `c${n}`, conversationId, content });
      },
    ],
    [
      'live text of 16 KB in a group of 100, all online',
      async (im) => {
        const conversationId = await groupOf(100, true);
        const content = { type: 'text', text: LONG };
        return (n) => im.frame({ action: 'live', conversationId, liveId: `l${n}`, index: 0, content });
      },
    ],
    [
      'presence of 100 users',
      async (im) => {
        const userIds = names(100);
        return () => im.frame({ action: 'presence', userIds });
      },
    ],
    [
      'a page of 100 messages of 16 KB',
      async (im) => {
        const conversationId = 'dm:bob:mallory';
        for (let n = 0; n < 100; n += 1)
          await send(world, 'bob', {
            clientMsgId: `c${n}`,
            to: 'mallory',
            content: { type: 'text', text: LONG },
          });
        const routeKey = 'GET /conversations/{conversationId}/messages';
        return () => im.get(routeKey, { limit: '100' }, { conversationId });
      },
    ],
  ];

  it.each(floodsOf)(
    'costs the budget, as the page about the worst user says: %s (IM-BUDGET-2)',
    async (what, prepare) => {
      await world.routes.connect(aSession({ userId: 'mallory', expiresAtMs: NOON + 3 * HOUR_MS }));
      const { done, refused } = await flood(await prepare(server()));
      const spent = done * priceOf(what) + refused * REFUSAL_PRICE;
      const most = budgetDollars(DEFAULT_WORST_USER, 60) * 1e6;
      expect(spent).toBeGreaterThan(most * 0.8);
      expect(spent).toBeLessThan(most * 1.2);
    },
  );
});
