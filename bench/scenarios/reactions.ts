import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { BenchStack } from '../stack/bench-stack.ts';
import { seedMembers } from '../stack/seed.ts';
import { type Bench, directId, inParallel, joinPair, type Scenario, sending, sendTen } from './scenario.ts';

const MEMBERS = 1_000;
const REACTING = 500;
/** Concurrent requests while the group reacts. */
const AT_ONCE = 8;

/** Reactions and pins of a direct message, and the five hundredth reaction to a message of a group of 1,000. */
export const reactions: Scenario = {
  name: 'reactions',
  isChecked: true,
  async run(bench) {
    await inDirect(bench);
    await inLargeGroup(bench);
  },
};

async function inDirect({ stack, measure, rounds }: Bench): Promise<void> {
  const { a, b, alice, bob } = await joinPair(stack);
  const react = (seq: unknown, name: string, on = true) =>
    bob.request({ action: 'react', to: a, seq, name, on });
  const pin = (seq: unknown, on: boolean) => alice.request({ action: 'pin', to: b, seq, on });
  await sendTen(alice, b);
  // The version of the pins has two digits in all rounds, too.
  for (let pinned = 0; pinned < 10; pinned += 1) await pin(1, pinned % 2 === 0);
  for (let round = 0; round < rounds; round += 1) {
    const { seq } = await alice.request(sending(b));
    await measure('a reaction, the first of a message', () => react(seq, 'a'));
    await measure('a reaction, a later one', () => react(seq, 'b'));
    await measure('a reaction that is there already', () => react(seq, 'b'));
    await measure('a reaction taken back', () => react(seq, 'b', false));
    await measure('a pin', () => pin(seq, true));
    await measure('an unpin', () => pin(seq, false));
  }
  await pin(1, true);
  const path = `/conversations/${encodeURIComponent(directId(a, b))}/pins`;
  for (let round = 0; round < rounds; round += 1)
    await measure('the list of one pin', () => stack.http(b, path));
  await stack.leave(alice, bob);
}

async function inLargeGroup({ stack, measure, user }: Bench): Promise<void> {
  const creator = user();
  const members = Array.from({ length: MEMBERS - 1 }, user);
  const sender = await stack.join(creator);
  const body = { name: 'bench', members: [] };
  const group = (await stack.http(creator, '/groups', { method: 'POST', body })) as {
    conversationId: string;
  };
  const { conversationId } = group;
  await seedMembers(stack, conversationId, members);
  await setMemberCount(stack, conversationId);
  const { seq } = (await sender.request(sending(conversationId))) as { seq: number };
  await stack.settle();
  const path = `/conversations/${conversationId}/messages/${seq}/reactions/ok`;
  const react = async (n: number) => {
    await stack.http(members[n] ?? creator, path, { method: 'PUT' });
  };
  await measure(`a reaction in a group of ${MEMBERS}, the first`, () => react(0));
  await measure('… the second', () => react(1));
  await inParallel(REACTING - 3, AT_ONCE, (n) => react(n + 2));
  await measure(`… the ${REACTING}th`, () => react(REACTING - 1));
  const history = `/conversations/${conversationId}/messages?after=${seq - 1}&limit=1`;
  await measure('a page with a message of many reactions', () => stack.http(creator, history));
  await stack.leave(sender);
}

async function setMemberCount({ documents, table }: BenchStack, conversationId: string): Promise<void> {
  await documents.send(
    new UpdateCommand({
      TableName: table('Conversations'),
      Key: { pk: conversationId, sk: 'head' },
      UpdateExpression: 'SET memberCount = :count',
      ExpressionAttributeValues: { ':count': MEMBERS },
    }),
  );
}
