import { beforeEach, describe, expect, it } from 'vitest';
import { deliver } from '../../../lambdas/domain/delivery/deliver.ts';
import { processOfflineJobs } from '../../../lambdas/domain/delivery/process-offline-jobs.ts';
import { draft } from '../../../lambdas/domain/messages/store.ts';
import { connect } from '../../../lambdas/domain/sessions/connect.ts';
import { logOut } from '../../../lambdas/domain/sessions/log-out.ts';
import { type PollPorts, poll } from '../../../lambdas/domain/sessions/poll.ts';
import { presenceOf } from '../../../lambdas/domain/sessions/presence.ts';
import { aSession, createWorld, NOON, storeAt, type World } from '../../adapters/memory/world.ts';

let world: World;
/** Runs these steps while a poll waits, one per second. */
let meanwhile: (() => Promise<unknown>)[];
let ports: PollPorts;

beforeEach(() => {
  world = createWorld();
  meanwhile = [];
  const pause = async (milliseconds: number) => {
    world.advance(milliseconds);
    await meanwhile.shift()?.();
  };
  ports = { ...world, pause };
});

const pollAs = (overrides: { deviceId?: string; waitMs?: number; batch?: string | null } = {}) =>
  poll(ports, { userId: 'bob', deviceId: 'phone', waitMs: 20_000, ...overrides });
const nothing = async () => {};
let seq = 0;
/** Sends, then processes the offline queue. */
async function sendToBob(text: string): Promise<void> {
  seq += 1;
  const message = await storeAt(world, 'dm:alice:bob', seq, draft('alice', text, { type: 'text', text }));
  await deliver(world, message, { users: ['alice', 'bob'], recipients: ['bob'] });
  const jobs = world.offlineQueue.jobs
    .splice(0)
    .map(({ job }, index) => ({ recordId: String(index), body: job }));
  expect(await processOfflineJobs(world, jobs)).toEqual([]);
}
const textsOf = ({ messages }: { messages: readonly { content: object }[] }) =>
  messages.map(({ content }) => ('text' in content ? content.text : undefined));
const posted = () => world.connections.posts.map(({ connectionId }) => connectionId);

describe('a poll', () => {
  it('checks once a second and returns empty when its time is over (IM-POLL-1)', async () => {
    const looks: number[] = [];
    const { first } = world.inbox;
    const watched: typeof first = async (...query) => {
      looks.push(world.clock() - NOON);
      return first(...query);
    };
    ports = { ...ports, inbox: { ...world.inbox, first: watched } };
    const expiresAt = NOON + 2_500 + 60_000;
    const empty = { messages: [], batch: null, more: false, timedOut: true, session: { expiresAt } };
    expect(await pollAs({ waitMs: 2_500 })).toEqual(empty);
    expect(world.clock()).toBe(NOON + 2_500);
    expect(looks).toEqual([0, 1_000, 2_000, 2_500]);
  });

  it('returns as soon as a message is there, and removes it when the next poll acknowledges it (IM-POLL-1)', async () => {
    meanwhile = [nothing, nothing, () => sendToBob('hi')];
    const page = await pollAs();
    expect(world.clock()).toBe(NOON + 3_000);
    expect(textsOf(page)).toEqual(['hi']);
    expect(page).toMatchObject({ more: false, timedOut: false });
    expect(textsOf(await pollAs())).toEqual(['hi']);
    expect(await pollAs({ batch: page.batch, waitMs: 0 })).toMatchObject({ messages: [], timedOut: true });
  });

  it('also returns messages that a socket received, while the device is alive (IM-POLL-2)', async () => {
    await world.routes.connect(aSession({ deviceId: 'laptop' }));
    await pollAs({ waitMs: 0 });
    world.advance(59_999);
    await sendToBob('alive');
    world.advance(1);
    await sendToBob('gone');
    expect(posted()).toEqual(['bob-laptop', 'bob-laptop']);
    expect(textsOf(await pollAs())).toEqual(['alive']);
    expect((await world.routes.sessionsOf(['bob'])).get('bob')).toHaveLength(2);
  });

  it('keeps the user online for 60 s, and its time is then the last-seen time (IM-POLL-2)', async () => {
    await world.routes.connect(aSession());
    await poll(ports, { userId: 'alice', deviceId: 'phone', waitMs: 0 });
    const caller = { userId: 'bob', deviceId: 'phone', connectionId: 'bob-phone' };
    await world.conversations.createDirect('dm:alice:bob', ['alice', 'bob']);
    for (const from of ['alice', 'bob']) await world.conversations.nextSeq('dm:alice:bob', from, 'c1');
    const alice = async () => (await presenceOf(world, caller, { userIds: ['alice'] }))[0];
    world.advance(59_999);
    expect(await alice()).toMatchObject({ online: true });
    world.advance(1);
    expect(await alice()).toEqual({ userId: 'alice', online: false, lastSeenAt: NOON });
  });

  it('counts as one session of its device, even when repeated, within the limit of ten devices (IM-CONN-3)', async () => {
    for (let device = 0; device < 9; device += 1)
      await world.routes.connect(aSession({ deviceId: `d${device}`, connectionId: `c${device}` }));
    await pollAs({ waitMs: 0 });
    await pollAs({ waitMs: 0 });
    expect(world.connections.closed).toEqual([]);
    await pollAs({ deviceId: 'tablet', waitMs: 0 });
    expect(world.connections.closed).toHaveLength(1);
    expect((await world.routes.sessionsOf(['bob'])).get('bob')).toHaveLength(10);
  });

  it.each(['replace', 'reject'] as const)(
    'gives up its device to a socket, and ends without messages for that socket (IM-CONN-4, %s)',
    async (duplicateLogin) => {
      const times = { connectedAtMs: NOON, tokenExpiresAtMs: NOON + 3_600_000 };
      const caller = { userId: 'bob', deviceId: 'phone', connectionId: 'socket' };
      const request = { ...caller, ...times, mode: 'managed', replaces: undefined } as const;
      const connectAndGet = async () => {
        await connect({ ...world, duplicateLogin }, request);
        await sendToBob('hi');
      };
      meanwhile = [connectAndGet];
      await expect(pollAs({ waitMs: 2_000 })).rejects.toMatchObject({ code: 'session_expired' });
      expect(posted()).toEqual(['socket']);
    },
  );

  it('is refused with conflict if the device has a living socket and duplicateLogin is `reject` (IM-CONN-4)', async () => {
    await world.routes.connect(aSession());
    ports = { ...ports, duplicateLogin: 'reject' };
    await expect(pollAs()).rejects.toMatchObject({ code: 'conflict' });
  });

  it('ends with its session when the user is logged out, without a post (IM-REFUSE-7)', async () => {
    const logOutAndSend = async () => {
      await logOut(world, { userId: 'bob' });
      await sendToBob('secret');
    };
    meanwhile = [nothing, logOutAndSend];
    await expect(pollAs()).rejects.toMatchObject({ code: 'session_expired' });
    expect(posted()).toEqual([]);
  });

  it("refuses another user's batch before it waits (IM-HELLO-2)", async () => {
    await sendToBob('hi');
    const { batch } = await pollAs();
    const asMallory = poll(ports, { userId: 'mallory', deviceId: 'phone', waitMs: 20_000, batch });
    await expect(asMallory).rejects.toMatchObject({ code: 'invalid_request' });
    expect(world.clock()).toBe(NOON);
  });

  it('ends at its next look when its device polls again, though nothing has come (IM-POLL-4)', async () => {
    meanwhile = [nothing, () => pollAs({ waitMs: 0 })];
    await expect(pollAs()).rejects.toMatchObject({ code: 'session_expired' });
    expect(world.clock()).toBe(NOON + 2_000);
  });

  const waits = (deviceId: string, untilMs: number) =>
    world.routes.connect(
      aSession({ deviceId, connectionId: deviceId, mode: 'polling', expiresAtMs: untilMs + 60_000 }),
    );

  it('of a fourth device does not wait while three do, and may once one of them has answered (IM-POLL-4)', async () => {
    for (const [index, device] of ['a', 'b', 'c'].entries()) await waits(device, NOON + 5_000 + index);
    const refused = { code: 'rate_limited', retryAfterMs: 5_000 };
    await expect(pollAs()).rejects.toMatchObject(refused);
    expect(world.clock()).toBe(NOON);
    expect(await pollAs({ waitMs: 0 })).toMatchObject({ messages: [], timedOut: true });
    await expect(pollAs({ deviceId: 'tablet' })).rejects.toMatchObject(refused);
    world.advance(5_000);
    expect(await pollAs({ waitMs: 1_000 })).toMatchObject({ timedOut: true });
  });

  it('of a fourth device returns what is there, stays a session, and does not count as waiting (IM-POLL-4)', async () => {
    for (const device of ['a', 'b', 'c']) await waits(device, NOON + 5_000);
    await sendToBob('hi');
    const { batch, messages } = await pollAs();
    expect(messages).toHaveLength(1);
    await expect(pollAs({ batch })).rejects.toMatchObject({ code: 'rate_limited' });
    const session = (await world.routes.find('bob', 'phone')) ?? aSession();
    expect(session.expiresAtMs).toBe(NOON + 60_000);
    await world.routes.disconnect({ userId: 'bob', deviceId: 'a', connectionId: 'a' });
    expect(await pollAs({ deviceId: 'tablet', waitMs: 1_000 })).toMatchObject({ timedOut: true });
  });
});
