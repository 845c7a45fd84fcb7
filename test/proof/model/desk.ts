import type { AtDesk, DeskRecord, Effect } from '../history.ts';
import type { Device } from './device.ts';
import { effectOfCode } from './send-intent.ts';
import type { World } from './world.ts';

const MOST_TRIES = 10;

/** A request to the desk; its chat becomes one of the world's conversations. */
export async function atDesk(
  world: World,
  device: Device,
  request: {
    readonly did: AtDesk['did'];
    readonly conversationId?: string;
    readonly rating?: number;
    readonly to?: string;
  },
): Promise<Effect> {
  const { recorder } = world;
  const { did, ...fields } = request;
  // All that a user writes in the model says whose it is.
  const topic = did === 'open' ? { topic: `${device.user}'s topic` } : {};
  const begun = recorder.now;
  const { to: _, ...known } = request;
  const answer = await device.ask({ action: `desk.${did}`, ...fields, ...topic });
  const chat: DeskRecord | undefined = answer?.is === 'reply' ? answer.frame.chat : undefined;
  const outcome: Effect =
    chat !== undefined ? 'done' : answer?.is === 'reply' ? effectOfCode(answer.frame.code) : 'unknown';
  if (chat !== undefined) world.meetChat(chat);
  recorder.add({ type: 'desk', user: device.user, ...known, begun, outcome, ...(chat && { chat }) });
  return outcome;
}

export async function beReady(device: Device, capacity: number): Promise<boolean> {
  const answer = await device.ask({ action: 'desk.ready', queues: ['default'], capacity });
  return answer?.is === 'reply' && answer.frame.type === 'desk.agent';
}

async function beAway(device: Device): Promise<boolean> {
  const answer = await device.ask({ action: 'desk.away' });
  return answer?.is === 'reply' && answer.frame.type === 'desk.agent';
}

/**
 * Ends all chats, so that the next run finds an empty desk: also one that a customer may have opened without an answer. Those of a
 * customer who is erased end with the erasure.
 */
export async function clearDesk(world: World): Promise<void> {
  const { accounts, staff, recorder } = world;
  const customers = accounts.filter(({ user }) =>
    recorder.history.events.some(
      (event) => event.type === 'desk' && event.user === user && event.did === 'open',
    ),
  );
  await Promise.all(
    customers.map(async ({ user }) => {
      if (world.isErased(user)) return;
      const device = world.device(user, 0);
      await untilDone(() => atDesk(world, device, { did: 'open' }));
      for (const conversationId of world.chatsOf(user))
        await untilDone(() => atDesk(world, device, { did: 'close', conversationId }));
    }),
  );
  if (customers.length === 0) return;
  await Promise.all(
    staff.map(async ({ user }) => {
      if (world.isErased(user)) return;
      await untilDone(async () => ((await beAway(world.device(user, 0))) ? 'done' : 'unknown'));
    }),
  );
}

async function untilDone(act: () => Promise<Effect>): Promise<void> {
  for (let tries = 0; (await act()) === 'unknown'; tries += 1)
    if (tries === MOST_TRIES) throw new Error('The desk does not answer although the faults have ended.');
}

/** A customer who is erased may have opened a chat without an answer, and cannot ask for it. */
export async function meetErased(world: World): Promise<void> {
  if (!world.customers.some((user) => world.isErased(user))) return;
  for (const chat of await chatsAt(world, '')) world.meetChat(chat);
}

/** Records all chats of this run as the supervisor reads them. */
export async function readDesk(world: World): Promise<void> {
  if (!world.customers.some((user) => world.chatsOf(user).length > 0)) return;
  world.recorder.add({ type: 'chats', user: world.supervisor.user, chats: await chatsAt(world, '') });
}

/** Records the open chats of an agent who is banned. */
export async function readLoad(world: World, user: string): Promise<void> {
  const begun = world.recorder.now;
  const own = (await chatsAt(world, '&state=assigned')).filter(({ agent }) => agent?.userId === user);
  world.recorder.add({ type: 'load', user, begun, chats: own.map(({ conversationId }) => conversationId) });
}

/** The chats of this run's customers. */
async function chatsAt({ customers, supervisor }: World, query: string): Promise<readonly DeskRecord[]> {
  const chats: DeskRecord[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const more: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { status, body } = await supervisor.request('GET', `/desk/chats?limit=100${query}${more}`);
    if (status !== 200) throw new Error(`The supervisor got ${status} although the faults have ended.`);
    chats.push(...body.chats.filter(({ customer }: DeskRecord) => customers.includes(customer)));
    cursor = body.cursor;
  }
  return chats;
}
