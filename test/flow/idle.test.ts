/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from '../setup/patience.ts';
import { sending } from './setup/sends.ts';
import type { TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

const IDLE_MS = 3_000;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ environment: { IDLE_TIMEOUT_MS: String(IDLE_MS) } });
});
afterAll(() => stack?.stop());

const isOnline = async (asker: TestSocket, userId: string): Promise<boolean> =>
  (await asker.request({ action: 'presence', userIds: [userId] })).users[0].online;

/** Repeats the action until two idle times are over. */
async function forTwoIdleTimes(intervalMs: number, doIt: () => Promise<unknown>): Promise<void> {
  const endMs = Date.now() + 2 * IDLE_MS;
  const interval = { interval: intervalMs, timeout: 10 * IDLE_MS };
  await vi.waitFor(async () => doIt().then(() => expect(Date.now()).toBeGreaterThan(endMs)), interval);
}

/** At once, because each waits for idle times. */
describe.concurrent('the idle option', () => {
  it('makes the heartbeat interval 0.4 of the idle time (IM-IDLE)', async () => {
    const bob = newUser('bob');
    const socket = await stack.open(bob);
    expect(await socket.request({ action: 'hello' })).toMatchObject({ heartbeatIntervalMs: 0.4 * IDLE_MS });
    const { body } = await stack.http(bob, '/session');
    expect(body).toMatchObject({ heartbeatIntervalMs: 0.4 * IDLE_MS });
  });

  it("delivers to a silent session and to the inbox, and deletes the session's connection (IM-IDLE)", async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const sender = await stack.join(alice);
    const silent = await stack.join(bob, { deviceId: 'phone' });
    await sender.request(sending(bob, 'heard-of'));
    await silent.message('heard-of');
    // Presence needs a message of both.
    const body = JSON.stringify({ ...sending(alice, 'hello'), action: undefined });
    await stack.http(bob, '/messages', { method: 'POST', body });
    // Presence may be a second old: it must have seen the session, or it would miss its silence. On a busy machine the idle time
    // may be over before, so the session speaks until it was seen.
    const isSeen = async (online: boolean) => expect(await isOnline(sender, bob)).toBe(online);
    const patience = { timeout: PATIENCE_MS, interval: 100 };
    await vi.waitFor(async () => silent.request({ action: 'heartbeat' }).then(() => isSeen(true)), patience);
    await vi.waitFor(() => isSeen(false), patience);
    expect(silent.raw.readyState).toBe(silent.raw.OPEN);
    await sender.request(sending(bob, 'silent'));
    await silent.message('silent');
    await silent.closed;
    await stack.inboxHolds(bob, 1);
    const back = await stack.open(bob, { deviceId: 'phone' });
    const { inbox } = await back.request({ action: 'hello' });
    expect(inbox.messages).toMatchObject([{ content: { text: 'silent' } }]);
  });

  it.each([
    ['the heartbeat action', 'managed', (socket: TestSocket) => socket.request({ action: 'heartbeat' })],
    [
      'the literal heartbeat',
      'plain',
      (socket: TestSocket) => {
        const reply = socket.nextText();
        socket.send('heartbeat');
        return reply;
      },
    ],
    [
      'asking who is there',
      'managed',
      (socket: TestSocket) => socket.request({ action: 'presence', userIds: ['nobody'] }),
    ],
  ] as const)('trusts a session that sends in time: %s (IM-IDLE)', async (_, mode, speak) => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const sender = await stack.join(alice);
    const socket = await stack.open(bob, { mode });
    await forTwoIdleTimes(0.25 * IDLE_MS, () => speak(socket));
    await sender.request(sending(bob, 'still-there'));
    await socket.message('still-there');
    expect(await speak(socket)).toBeTruthy();
    expect(socket.raw.readyState).toBe(socket.raw.OPEN);
  });
});
