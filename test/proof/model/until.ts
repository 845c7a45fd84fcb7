import { setTimeout as delay } from 'node:timers/promises';
import { beReady } from './desk.ts';
import type { Device } from './device.ts';
import type { World } from './world.ts';

const POLL_MS = 20;
const PATIENCE_MS = 30_000;

/** Of a story, which goes on once this is so. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`Not so in time: ${what}`);
    await delay(POLL_MS);
  }
}

/** On a busy machine a function's first start may take longer than its time-out. */
export async function untilReady(agent: Device, capacity: number): Promise<void> {
  await until(() => beReady(agent, capacity), `${agent.user} is ready`);
}

/** @param user `undefined`: it waits for an agent */
export async function untilAgentIs(
  { supervisor }: World,
  conversationId: string,
  user: string | undefined,
): Promise<void> {
  const state = user === undefined ? 'waiting' : 'assigned';
  await until(
    async () => {
      const { body } = await supervisor.request('GET', `/desk/chats?state=${state}&limit=100`);
      return body.chats?.some(
        (chat: { conversationId: string; agent: { userId: string } | null }) =>
          chat.conversationId === conversationId && chat.agent?.userId === user,
      );
    },
    `${user ?? 'nobody'} has the chat`,
  );
}
