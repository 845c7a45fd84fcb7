import fc from 'fast-check';
import { type Action, at, type Command, command, conversationAt } from './command.ts';
import type { Upload } from './file-cabinet.ts';
import { HOOK_ORDERS } from './hook-texts.ts';
import { editAs, sendAndRepeat } from './message-commands.ts';
import { PlatformWorld } from './platform-world.ts';
import { replay } from './replayer.ts';

const index = fc.nat({ max: 11 });
const wait = fc.boolean();

type Run = (world: PlatformWorld) => Promise<unknown>;

/** Only a world with a platform has these commands. */
const on =
  (run: Run): Action['run'] =>
  async (world) => {
    if (world instanceof PlatformWorld) await run(world);
  };

const byOperator = (
  name: string,
  act: (world: PlatformWorld, user: number) => Promise<unknown>,
): fc.Arbitrary<Command> =>
  command(
    name,
    fc.record({ user: index, wait }),
    ({ user, wait }): Action => ({
      wait,
      run: on((world) => act(world, user)),
    }),
  );

export const ban = byOperator('ban', ({ operator, bannable }, user) =>
  operator.ban(at(bannable, user), 'ban'),
);
export const lift = byOperator('lift the ban', ({ operator, bannable }, user) =>
  operator.ban(at(bannable, user), 'lift'),
);
export const erase = byOperator('erase', ({ operator, erasable }, user) =>
  operator.erase(at(erasable, user)),
);
export const exportUser = byOperator('export', ({ operator, accounts }, user) =>
  operator.export(at(accounts, user).user),
);

export const replayEvents = command(
  'replay',
  fc.record({ conversation: index, fromSeq: fc.integer({ min: 1, max: 8 }), wait }),
  ({ conversation, fromSeq, wait }): Action => ({
    wait,
    run: on((world) => replay(world, conversationAt(world, conversation).conversationId, fromSeq)),
  }),
);

/** A message that the hook rejects, or rewrites. */
export const sendToHook = command(
  'send for the hook',
  fc.record({
    conversation: index,
    member: index,
    device: index,
    order: fc.constantFrom(...HOOK_ORDERS),
    wait,
  }),
  ({ conversation, member, device, order, wait }): Action => ({
    wait,
    expect: (model) => {
      model.intents += 1;
    },
    run: (world) => {
      const chosen = conversationAt(world, conversation);
      return sendAndRepeat(world, world.write(chosen, at(chosen.members, member), { order }), device, false);
    },
  }),
);

/** A member uploads files, and sends them. */
export const sendFile = command(
  'send a file',
  fc.record({
    conversation: index,
    member: index,
    device: index,
    count: fc.constantFrom(1, 1, 2),
    how: fc.constantFrom<Upload>('clean', 'clean', 'clean', 'late', 'infected'),
    wait,
  }),
  ({ conversation, member, device, count, how, wait }): Action => ({
    wait,
    run: on(async (world) => {
      const chosen = conversationAt(world, conversation);
      const user = at(chosen.members, member);
      const attachmentIds: string[] = [];
      for (let n = 0; n < count; n += 1) {
        const attachmentId = await world.files.upload(world.account(user), chosen, how);
        if (attachmentId === undefined) return;
        attachmentIds.push(attachmentId);
      }
      await sendAndRepeat(world, world.write(chosen, user, { attachmentIds }), device, false);
    }),
  }),
);

/** The scanner tells a result that it has told before, or that got lost. */
export const scanAgain = command(
  'tell a scan again',
  fc.record({ file: index, wait }),
  ({ file, wait }): Action => ({ wait, run: on(({ files }) => files.scanner.tellAgain(file)) }),
);

/** Anybody, a member or not, asks for the files of a message. */
export const openFile = command(
  'open files',
  fc.record({ message: index, user: index, wait }),
  ({ message, user, wait }): Action => ({
    wait,
    run: on(async (world) => {
      const sent = sentFiles(world);
      if (sent.length === 0) return;
      const { conversationId, seq } = at(sent.toReversed(), message);
      await world.files.open(at(world.accounts, user), conversationId, seq);
    }),
  }),
);

/** Its sender has had links before. */
export const removeFile = command(
  'remove a file',
  fc.record({ message: index, file: index, wait }),
  ({ message, file, wait }): Action => ({
    wait,
    run: on(async (world) => {
      const sent = sentFiles(world);
      if (sent.length === 0) return;
      const { user, conversationId, seq, attachmentIds } = at(sent.toReversed(), message);
      await world.files.open(world.account(user), conversationId, seq);
      const attachmentId = at(attachmentIds, file);
      await world.attempt('the operator', () => world.operator.removeFile(conversationId, seq, attachmentId));
    }),
  }),
);

let edits = 0;

/** Its sender gives a message with files another text: a file that the operator removes at the same time must not come back. */
export const editFiles = command(
  'edit the text of files',
  fc.record({ message: index, device: index, wait }),
  ({ message, device, wait }): Action => ({
    wait,
    run: on(async (world) => {
      const sent = sentFiles(world);
      if (sent.length === 0) return;
      const { user, conversationId, seq, attachmentIds } = at(sent.toReversed(), message);
      edits += 1;
      const [editId, text] = [`files${edits}`, `${user}'s edit of files ${edits}`];
      const content = {
        type: 'file',
        attachments: attachmentIds.map((attachmentId) => ({ attachmentId })),
        text,
      };
      await world.attempt(user, () => world.device(user, device).edit(conversationId, seq, editId, content));
    }),
  }),
);

/** The messages with files that were acked. */
function sentFiles(world: PlatformWorld) {
  return world.intents.flatMap(({ user, conversationId, content, outcomes }) => {
    const acked = outcomes.find(({ is }) => is === 'acked');
    const files = (content['attachments'] ?? []) as readonly { readonly attachmentId: string }[];
    if (files.length === 0 || acked?.is !== 'acked') return [];
    const attachmentIds = files.map(({ attachmentId }) => attachmentId);
    return [{ user, conversationId, seq: acked.seq, attachmentIds }];
  });
}

/** A user closes all devices, and is notified from then on. */
export const goAway = command(
  'go away',
  fc.record({ user: index, wait }),
  ({ user, wait }): Action => ({
    wait,
    run: async (world) => {
      const { user: name } = at(world.accounts, user);
      for (const device of world.devices) if (device.user === name) await device.close();
    },
  }),
);

export const deleteGroup = command(
  'delete the group',
  fc.record({ wait }),
  ({ wait }): Action => ({ wait, run: on(({ groups }) => groups.delete()) }),
);

let late = 0;

/** Deletes the group while two of its members write, and its founder adds somebody who has no device. */
export const deleteAmidMessages = command(
  'delete the group amid messages',
  fc.record({ each: fc.integer({ min: 2, max: 5 }), wait }),
  ({ each, wait }): Action => ({
    wait,
    run: on(async (world) => {
      const { mortalGroup: group, groups } = world;
      const [founder = '', member = ''] = group.members;
      late += 1;
      const newcomer = `late${late}-${founder}`;
      const write = async (user: string) => {
        for (let n = 0; n < each; n += 1) await sendAndRepeat(world, world.write(group, user), n, false);
      };
      const deletion = groups.delete();
      const addition = world.account(founder).change('add', group.conversationId, newcomer);
      await Promise.all([write(founder), write(member), addition, deletion]);
      await Promise.all([write(founder), world.account(member).page(group.conversationId, { limit: 10 })]);
    }),
  }),
);

export const importGroup = command(
  'import',
  fc.record({ count: fc.integer({ min: 1, max: 12 }), wait }),
  ({ count, wait }): Action => ({ wait, run: on(({ imports }) => imports.import(count)) }),
);
export const importAgain = command(
  'import again',
  fc.record({ wait }),
  ({ wait }): Action => ({
    wait,
    run: on(({ imports }) => imports.again()),
  }),
);

export const editForHook = HOOK_ORDERS.map((order) => editAs(`edit with ${order}`, order));
