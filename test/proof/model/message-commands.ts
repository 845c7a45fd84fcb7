import fc from 'fast-check';
import type { Effect } from '../history.ts';
import { type Action, at, command, conversationAt, type Model } from './command.ts';
import type { Device } from './device.ts';
import type { SendIntent } from './send-intent.ts';
import type { World } from './world.ts';

const index = fc.nat({ max: 11 });
const wait = fc.boolean();

const writes = {
  expect: (model: Model) => {
    model.intents += 1;
  },
};
const hasIntents = ({ intents }: Readonly<Model>) => intents > 0;

export const send = command(
  'send',
  fc.record({ conversation: index, member: index, device: index, byPeer: fc.boolean(), wait }),
  ({ conversation, member, device, byPeer, wait }) => ({
    ...writes,
    wait,
    run: (world) => sendAndRepeat(world, intentAt(world, conversation, member), device, byPeer),
  }),
);

export const post = command(
  'post',
  fc.record({ conversation: index, member: index, byPeer: fc.boolean(), wait }),
  ({ conversation, member, byPeer, wait }) => ({
    ...writes,
    wait,
    run: (world) => {
      const intent = intentAt(world, conversation, member);
      return world.account(intent.user).post(intent, { byPeer, hint: false, skewMs: 0 });
    },
  }),
);

export const sendByEvent = command(
  'send by event',
  fc.record({ conversation: index, member: index, wait }),
  ({ conversation, member, wait }) => ({
    ...writes,
    wait,
    run: async (world) => {
      // A refused event would return for ever, and the changing members may be refused at any time.
      const chosen = at(
        world.conversations.filter((one) => one.isChanging !== true && one !== world.mortalGroup),
        conversation,
      );
      // What is said in the name of a banned user is dropped.
      const lasting = chosen.members.filter((user) => !world.mortals.includes(user));
      await sendServiceEvent(world, world.write(chosen, at(lasting, member), { byEvent: true }));
    },
  }),
);

/** None if what the model counts as sent was not: a talk in a chat that had ended. */
function picked(world: World, back: number): readonly SendIntent[] {
  const { intents } = world;
  return intents.length === 0 ? [] : [at(intents.toReversed(), back)];
}

export const resend = command(
  'resend',
  fc.record({ intent: index, device: index, hint: fc.boolean(), byHttp: fc.boolean(), wait }),
  ({ intent: back, device, hint, byHttp, wait }) => ({
    wait,
    check: hasIntents,
    run: async (world) => {
      const [intent] = picked(world, back);
      if (intent === undefined) return;
      if (byHttp) await world.account(intent.user).post(intent, { byPeer: false, hint, skewMs: 0 });
      else await world.device(intent.user, device).send(intent, { byPeer: true, hint });
    },
  }),
);

/** The same clientMsgId with other content: the first one is stored (IM-SEND-2). */
export const sendOtherContent = command(
  'send other content',
  fc.record({ intent: index, wait }),
  ({ intent: back, wait }) => ({
    wait,
    check: hasIntents,
    run: async (world) => {
      const [original] = picked(world, back);
      // If this were stored first, a queued original would return for ever.
      if (original === undefined || original.byEvent) return;
      const intent = { ...original, content: { type: 'custom', data: { not: ['the same'] } }, outcomes: [] };
      world.intents.push(intent);
      await world.device(intent.user, 0).send(intent, { byPeer: true, hint: false });
    },
  }),
);

export const sendFromTwoDevices = command(
  'send from two devices at once',
  fc.record({ conversation: index, member: index, wait }),
  ({ conversation, member, wait }) => ({
    ...writes,
    wait,
    run: (world) => {
      const intent = intentAt(world, conversation, member);
      return Promise.all([0, 1].map((device) => sendAndRepeat(world, intent, device, true)));
    },
  }),
);

export const sendTogether = command(
  'several senders at once',
  fc.record({ conversation: index, each: fc.integer({ min: 1, max: 3 }), wait }),
  ({ conversation, each, wait }) => ({
    ...writes,
    wait,
    run: (world) => {
      const { members } = conversationAt(world, conversation);
      const lanes = members.flatMap((_, member) => [0, 1].map((device) => ({ member, device })));
      return Promise.all(
        lanes.map(async ({ member, device }) => {
          for (let n = 0; n < each; n += 1) {
            await sendAndRepeat(world, intentAt(world, conversation, member), device, false);
          }
        }),
      );
    },
  }),
);

/** A non-member who knows the conversation's id tries to read and to write (IM-INV-5). */
export const pry = command(
  'pry',
  fc.record({ conversation: index, user: index, wait }),
  ({ conversation, user, wait }): Action => ({
    wait,
    run: async (world) => {
      const { conversationId, members, isChanging = false } = conversationAt(world, conversation);
      const nonMembers = world.accounts.filter((account) => isChanging || !members.includes(account.user));
      const account = at(nonMembers, user);
      await account.page(conversationId, { limit: 10 });
      const intent = world.write({ conversationId, members: [account.user] }, account.user);
      await world.device(account.user, 0).send(intent, { byPeer: false, hint: false });
    },
  }),
);

/** Allowed to the sender and the group's admin; others try as well. */
export const recall = command(
  'recall',
  fc.record({ intent: index, user: fc.option(index, { nil: undefined }), device: index, wait }),
  ({ intent: back, user, device, wait }): Action => ({
    wait,
    check: hasIntents,
    run: async (world) => {
      const [intent] = picked(world, back);
      if (intent === undefined) return;
      const acked = intent.outcomes.find((outcome) => outcome.is === 'acked');
      if (acked === undefined) return;
      const by = user === undefined ? intent.user : at(world.accounts, user).user;
      await world.device(by, device).recall(intent.conversationId, acked.seq);
    },
  }),
);

let edits = 0;

/** Allowed to the sender; others try as well. @param order to the hook */
export const editAs = (name: string, order = '') =>
  command(
    name,
    fc.record({ intent: index, user: fc.option(index, { nil: undefined, freq: 1 }), device: index, wait }),
    ({ intent: back, user, device, wait }): Action => ({
      wait,
      check: hasIntents,
      run: (world) => {
        edits += 1;
        const editId = `e${edits}`;
        const text = `edit ${edits}${order && ` ${order}`}`;
        return change(world, { back, user, device }, (by, { conversationId, seq }) =>
          by.edit(conversationId, seq, editId, { type: 'text', text: `${by.user}'s ${text}` }),
        );
      },
    }),
  );
export const edit = editAs('edit');

/** Everybody tries, members or not. */
export const react = command(
  'react',
  fc.record({
    intent: index,
    user: index,
    device: index,
    name: fc.constantFrom('👍', '❤️'),
    on: fc.constantFrom(true, true, false),
    wait,
  }),
  ({ intent: back, user, device, name, on, wait }): Action => ({
    wait,
    check: hasIntents,
    run: (world) =>
      change(world, { back, user, device }, (by, { conversationId, seq }) =>
        by.react(conversationId, seq, name, on),
      ),
  }),
);

/** Allowed to both users of a direct conversation, and to a group's admin; others try as well. */
export const pin = command(
  'pin',
  fc.record({ intent: index, user: index, device: index, on: fc.constantFrom(true, true, false), wait }),
  ({ intent: back, user, device, on, wait }): Action => ({
    wait,
    check: hasIntents,
    run: (world) =>
      change(world, { back, user, device }, (by, { conversationId, seq }) => by.pin(conversationId, seq, on)),
  }),
);

interface Changer {
  /** Names the message. */
  readonly back: number;
  /** @default the message's sender */
  readonly user: number | undefined;
  readonly device: number;
}

/** Tries to change a message, if it was acked. */
async function change(
  world: World,
  { back, user, device }: Changer,
  attempt: (
    by: Device,
    message: { readonly conversationId: string; readonly seq: number },
  ) => Promise<Effect>,
): Promise<void> {
  const [intent] = picked(world, back);
  const acked = intent?.outcomes.find((outcome) => outcome.is === 'acked');
  if (intent === undefined || acked === undefined) return;
  const by = world.device(user === undefined ? intent.user : at(world.accounts, user).user, device);
  const { conversationId } = intent;
  await world.attempt(by.user, () => attempt(by, { conversationId, seq: acked.seq }));
}

/** Repeats a send with an unknown outcome once; healing repeats the rest. */
export async function sendAndRepeat(
  world: World,
  intent: SendIntent,
  device: number,
  byPeer: boolean,
): Promise<void> {
  const sender = world.device(intent.user, device);
  const outcome = await sender.send(intent, { byPeer, hint: false });
  if (outcome?.is === 'unknown') await sender.send(intent, { byPeer, hint: true });
}

async function sendServiceEvent(world: World, intent: SendIntent): Promise<void> {
  const { user, conversationId, clientMsgId, content } = intent;
  const id = world.recorder.begin({ user, via: 'event', conversationId, clientMsgId, content });
  const event = { type: 'message.send', from: user, conversationId, clientMsgId, content };
  await world.infrastructure.queues.sendEvent(event);
  intent.outcomes.push(world.recorder.settle(id, { is: 'queued' }));
}

function intentAt(world: World, conversation: number, member: number): SendIntent {
  const chosen = conversationAt(world, conversation);
  return world.write(chosen, at(chosen.members, member));
}
