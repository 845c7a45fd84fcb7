import { Evidence } from '../checker/evidence.ts';
import { periodsOf } from '../checker/membership.ts';
import type { SeenMessage } from '../history.ts';
import { clearDesk, meetErased, readDesk } from './desk.ts';
import { isOpen, type SendIntent } from './send-intent.ts';
import type { World } from './world.ts';

const MOST_TRIES = 10;
const FINAL_PAGE = 100;
const BACKWARD_PAGE = 7;

/**
 * Ends the faults, lets everything come to rest, and reads all that there is: who has what, and what history holds.
 * @throws if a read still fails after the faults have ended
 */
export async function heal(world: World): Promise<void> {
  const { infrastructure, recorder, devices, accounts } = world;
  const isStaying = ({ user }: { readonly user: string }) => !world.isErased(user);
  world.clearFaults();
  await world.rest();
  await world.heal('settle');
  await Promise.all(world.apps.filter(isStaying).map((app) => app.heal()));
  // A client repeats its sends in order, one at a time.
  await Promise.all(
    [...accounts, ...world.staff].filter(isStaying).map(async ({ user }) => {
      for (const intent of world.intents.filter((one) => one.user === user)) await settle(world, intent);
    }),
  );
  await settleChanges(world);
  await world.recruiter.settle();
  await clearDesk(world);
  await world.heal('probe');
  recorder.add({ type: 'resting' });
  world.redriven += await infrastructure.queues.drain();
  await world.heal('finish');
  await Promise.all(world.apps.map((app) => (isStaying(app) ? undefined : app.end())));
  await Promise.all(devices.map((device) => device.flush()));
  recorder.add({ type: 'healed' });
  await Promise.all(devices.filter(isStaying).map((device) => device.sync()));
  await meetErased(world);
  const lasting = world.conversations.filter(({ conversationId }) => !world.isDeleted(conversationId));
  await Promise.all(lasting.map(({ conversationId }) => readAll(world, conversationId)));
  await showAll(world);
  await world.recruiter.count();
  await world.heal('inspect');
  await readDesk(world);
  for (const account of accounts) await account.list(1);
  for (const device of devices) device.hangUp();
  for (const app of world.apps) app.close();
  await world.heal('conclude');
  await infrastructure.proxy.untilIdle();
}

/** Waits until the programs list what their users are in, and their views have what their users may see. */
async function showAll(world: World): Promise<void> {
  const { apps, recorder } = world;
  const evidence = new Evidence(recorder.history);
  const mustShow = (user: string) =>
    evidence.conversationsOf(user).map((id): [string, readonly SeenMessage[]] => {
      return [id, evidence.ownPartOf(user, id)];
    });
  await Promise.all(
    apps
      .filter(({ user }) => !world.isErased(user))
      .flatMap((app) => [
        app.list(evidence.listOf(app.user)),
        app.show(new Map(mustShow(app.user).filter(([, messages]) => messages.length > 0))),
      ]),
  );
}

async function settle(world: World, intent: SendIntent): Promise<void> {
  for (let tries = 0; isOpen(intent); tries += 1) {
    if (tries === MOST_TRIES)
      throw new Error(`${intent.clientMsgId} stays unknown although the faults have ended.`);
    await world.device(intent.user, tries).send(intent, { byPeer: false, hint: tries % 2 === 0 });
  }
}

async function settleChanges(world: World): Promise<void> {
  for (let tries = 0; world.openChanges.length > 0; tries += 1) {
    if (tries === MOST_TRIES)
      throw new Error('A change of the group stays unknown although the faults have ended.');
    for (const change of world.openChanges.splice(0)) await world.changeGroup(change);
  }
  for (let tries = 0; world.openEffects.length > 0; tries += 1) {
    if (tries === MOST_TRIES)
      throw new Error('A change of a message stays unknown although the faults have ended.');
    for (const repeat of world.openEffects.splice(0)) await repeat();
  }
}

async function readAll(world: World, conversationId: string): Promise<void> {
  const { members = [], isChanging = false } =
    world.conversations.find((one) => one.conversationId === conversationId) ?? {};
  const [first = '', ...others] = readersOf(world, conversationId, members);
  const messages = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = await world.account(first).page(conversationId, { after, limit: FINAL_PAGE });
    if (page === undefined) throw new Error(`${first} cannot read history although the faults have ended.`);
    messages.push(...page.messages);
    after = page.hasMore ? page.messages.at(-1)?.seq : undefined;
  }
  world.recorder.add({ type: 'final', user: first, conversationId, messages });
  const periods = periodsOf(messages);
  const isIn = (user: string) =>
    !world.isErased(user) && (!isChanging || periods.get(user)?.at(-1)?.to === Number.POSITIVE_INFINITY);
  await Promise.all(
    others.map((user) =>
      isIn(user)
        ? readBackwards(world, user, conversationId)
        : world.account(user).page(conversationId, { limit: BACKWARD_PAGE }),
    ),
  );
}

/** First one who surely may read all. */
function readersOf(world: World, conversationId: string, members: readonly string[]): readonly string[] {
  const [customer = ''] = members;
  if (conversationId.startsWith('cs:') && world.isErased(customer))
    return [world.supervisor.user, ...members];
  return members.toSorted((a, b) => Number(world.isErased(a)) - Number(world.isErased(b)));
}

/** Another member reads backwards: the result must be the same. */
async function readBackwards(world: World, user: string, conversationId: string): Promise<void> {
  let bound: { before?: number } | undefined = {};
  while (bound !== undefined) {
    const page = await world.account(user).page(conversationId, { ...bound, limit: BACKWARD_PAGE });
    if (page === undefined) throw new Error(`${user} cannot read history although the faults have ended.`);
    const first: number | undefined = page.messages[0]?.seq;
    bound = page.hasMore && first !== undefined ? { before: first } : undefined;
  }
}
