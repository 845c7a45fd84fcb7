import { type Admin, createAdmin } from '../../client/src/admin/index.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import { type Bench, directId, joinPair, type Pair, type Scenario, sending } from './scenario.ts';

const LOCAL_KEY = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The calls of the admin API. */
export const admin: Scenario = {
  name: 'admin',
  isChecked: true,
  async run(bench) {
    const { stack } = bench;
    const httpUrl = stack.runtime.httpUrl;
    const operator = createAdmin({ httpUrl, region: 'us-east-1', credentials: LOCAL_KEY });
    for (let round = 0; round < bench.rounds; round += 1) {
      const pair = await joinPair(stack);
      await ofMessages(bench, operator, pair);
      // The watchdogs' jobs, which follow after 12 s, are dropped.
      await stack.without('FanOut', () => ofGroups(bench, operator, pair));
      await ofUsers(bench, operator, pair);
      await stack.leave(pair.alice, pair.bob);
    }
  },
};

async function ofMessages({ measure }: Bench, operator: Admin, { a, b }: Pair): Promise<void> {
  const { action: _, ...message } = sending(b);
  const text = { ...message, from: a, content: { type: 'text', text: message.content.text } } as const;
  // The first message of two users makes their conversation.
  const { seq } = await operator.send(text);
  await measure('admin: a message', () => operator.send({ ...text, clientMsgId: `${text.clientMsgId}x` }));
  await measure('admin: a recall', () => operator.recall(directId(a, b), seq));
  await measure('admin: an erased message', () => operator.eraseMessage(directId(a, b), seq));
}

/** Of two, and then three, all online. */
async function ofGroups({ stack, measure, user }: Bench, operator: Admin, { a, b }: Pair): Promise<void> {
  const c = user();
  const carol = await stack.join(c);
  const { conversationId: id } = await measure('admin: a group of 2 is made', () =>
    operator.createGroup({ name: 'bench', members: [a, b] }),
  );
  await measure('admin: a look at a group', () => operator.lookAtGroup(id));
  await measure('admin: a group of 2 is renamed', () => operator.updateGroup(id, { name: 'other' }));
  await measure('admin: a third member is added', () => operator.addMembers(id, [c]));
  await measure('admin: one of three members is removed', () => operator.removeMember(id, c));
  await measure('admin: the last admin of a group of 2 is removed', () => operator.removeMember(id, a));
  await stack.leave(carol);
}

async function ofUsers({ stack, measure }: Bench, operator: Admin, { a, b }: Pair): Promise<void> {
  await measure('admin: a look at a user', () => operator.look(a));
  await measure('admin: a profile is put', () => operator.putProfile(a, { name: 'bench' }));
  await measure('admin: a log-out', () => ending(stack, () => operator.logOut(a)));
  await measure('admin: a ban', () => ending(stack, () => operator.ban(b)));
  await measure('admin: a ban is lifted', () => operator.unban(b));
}

/** Runs what ends one session, until the gateway has said so. */
async function ending(stack: BenchStack, run: () => Promise<void>): Promise<void> {
  const gone = stack.ends({ route: '$disconnect' });
  await run();
  await gone;
}
