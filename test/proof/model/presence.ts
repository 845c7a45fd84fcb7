import type { UserPresence } from '../people-history.ts';
import type { Device } from './device.ts';
import type { World } from './world.ts';

/** Nobody answers, so nobody knows when, or whether, it is done. */
export async function type(
  { recorder }: World,
  device: Device,
  conversationId: string,
  typing: boolean,
): Promise<void> {
  recorder.add({ type: 'types', user: device.user, conversationId, on: typing });
  await device.tell({ action: 'typing', conversationId, typing });
}

/** @returns `undefined` without an answer */
export async function askPresence(
  { recorder }: World,
  device: Device,
  of: { readonly userIds: readonly string[] } | { readonly conversationId: string },
): Promise<readonly UserPresence[] | undefined> {
  const begun = recorder.now;
  const answer = await device.ask({ action: 'presence', ...of });
  if (answer?.is !== 'reply' || answer.frame.type !== 'presence') return undefined;
  const users: readonly UserPresence[] = answer.frame.users;
  const group = 'conversationId' in of ? { conversationId: of.conversationId } : {};
  recorder.add({ type: 'presence', user: device.user, ...group, begun, users });
  return users;
}
