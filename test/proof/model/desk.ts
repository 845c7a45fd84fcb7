import type { AtDesk, DeskRecord, Effect } from '../history.ts';
import type { Account } from './account.ts';
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
  const begun = recorder.now;
  const { to: _, ...known } = request;
  const answer = await device.ask({ action: `desk.${did}`, ...fields });
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

/** Ends all chats, so that the next run finds an empty desk: also one that a customer may have opened without an answer. */
export async function clearDesk(world: World): Promise<void> {
  const { accounts, staff, recorder } = world;
  const customers = accounts.filter(({ user }) =>
    recorder.history.events.some(
      (event) => event.type === 'desk' && event.user === user && event.did === 'open',
    ),
  );
  await Promise.all(
    customers.map(async ({ user }) => {
      const device = world.device(user, 0);
      await untilDone(() => atDesk(world, device, { did: 'open' }));
      for (const conversationId of world.chatsOf(user))
        await untilDone(() => atDesk(world, device, { did: 'close', conversationId }));
    }),
  );
  if (customers.length === 0) return;
  await Promise.all(
    staff.map(({ user }) =>
      untilDone(async () => ((await beAway(world.device(user, 0))) ? 'done' : 'unknown')),
    ),
  );
}

async function untilDone(act: () => Promise<Effect>): Promise<void> {
  for (let tries = 0; (await act()) === 'unknown'; tries += 1)
    if (tries === MOST_TRIES) throw new Error('The desk does not answer although the faults have ended.');
}

/** Records all chats of this run as the supervisor reads them. */
export async function readDesk(world: World, supervisor: Account): Promise<void> {
  const known = new Set(world.accounts.flatMap(({ user }) => world.chatsOf(user)));
  if (known.size === 0) return;
  const chats: DeskRecord[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const more: string = cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const { status, body } = await supervisor.request('GET', `/desk/chats${more}`);
    if (status !== 200) throw new Error(`The supervisor got ${status} although the faults have ended.`);
    chats.push(...body.chats.filter(({ conversationId }: DeskRecord) => known.has(conversationId)));
    cursor = body.cursor;
  }
  world.recorder.add({ type: 'chats', user: supervisor.user, chats });
}
