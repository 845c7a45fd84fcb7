import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { LIMITS } from '../../protocol/limits.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import { seedMembers, seedRoutes } from '../stack/seed.ts';
import type { Socket } from '../stack/socket.ts';
import { measureWithAbsent } from './absent.ts';
import { liveFrame } from './live.ts';
import { type Bench, type Scenario, sending } from './scenario.ts';

/** Members per `POST /groups`, not counting the creator. */
const MOST_NAMED = 100;

/** Members per change, including the creator. */
const MEMBERS_AT_ONCE = 40;

interface GroupSize {
  readonly members: number;
  /** Members with an open session, including the sender. */
  readonly online: number;
  readonly isChecked: boolean;
  /** Keeps every seq below 10, since another digit would add a byte. */
  readonly mostRounds: number;
}

const SIZES: readonly GroupSize[] = [
  { members: 10, online: 5, isChecked: true, mostRounds: 8 },
  { members: 100, online: 20, isChecked: true, mostRounds: 5 },
  { members: 1_000, online: 100, isChecked: true, mostRounds: 5 },
  { members: 10_000, online: 1_000, isChecked: false, mostRounds: 2 },
];

export const groups: readonly Scenario[] = SIZES.map((size) => ({
  name: `group-${size.members}`,
  isChecked: size.isChecked,
  async run(bench) {
    const creator = bench.user();
    const sender = await bench.stack.join(creator);
    const conversationId = await makeGroup(bench, creator, size);
    for (let round = 0; round < Math.min(bench.rounds, size.mostRounds); round += 1) {
      const frame = sending(conversationId);
      const told = `group of ${size.members}, ${size.online} online`;
      if (size.members > LIMITS.inboxCopiesMembers) await bench.measure(told, () => sender.request(frame));
      else
        await measureWithAbsent(bench, { told, kept: `${told}: kept for the absent` }, () =>
          sender.request(frame),
        );
    }
    if (size.members <= LIMITS.readPushMembers) await measureLive(bench, sender, conversationId, size);
    if (size.isChecked) await measureEdit(bench, sender, conversationId, size);
    await bench.stack.leave(sender);
  },
}));

async function measureLive(
  { stack, measure }: Bench,
  sender: Socket,
  conversationId: string,
  { members, online }: GroupSize,
): Promise<void> {
  await measure(`live text in a group of ${members}, ${online} online`, async () => {
    const ended = stack.ends({ route: 'live' });
    sender.send(liveFrame({ conversationId }, 0));
    await ended;
  });
}

async function measureEdit(
  { measure }: Bench,
  sender: Socket,
  conversationId: string,
  { members, online }: GroupSize,
): Promise<void> {
  const { seq } = await sender.request(sending(conversationId));
  const content = { type: 'text', text: 'edited' };
  await measure(`an edit in a group of ${members}, ${online} online`, () =>
    sender.request({ action: 'edit', conversationId, seq, editId: 'e1', content }),
  );
}

/** The creator is a real client; the other online members have simulated sockets (phantom-gateway.ts). */
async function makeGroup(bench: Bench, creator: string, size: GroupSize): Promise<string> {
  const { stack, user } = bench;
  const members = Array.from({ length: size.members - 1 }, user);
  await seedRoutes(stack, evenly(members, size.online - 1));
  const [named, seeded] = [members.slice(0, MOST_NAMED - 1), members.slice(MOST_NAMED - 1)];
  const create = (members: readonly string[] = named) =>
    stack.http(creator, '/groups', { method: 'POST', body: { name: 'bench', members } });
  const told = `group of ${size.members}, created`;
  const group = await (size.members <= MOST_NAMED ? measureCreation(bench, told, size, create) : create());
  const { conversationId } = group as { conversationId: string };
  await seedMembers(stack, conversationId, seeded);
  await setMemberCount(stack, conversationId, size.members);
  await stack.settle();
  return conversationId;
}

async function measureCreation(
  bench: Bench,
  told: string,
  { members }: GroupSize,
  create: (members?: readonly string[]) => Promise<unknown>,
): Promise<unknown> {
  const parts = Math.ceil(members / MEMBERS_AT_ONCE);
  if (parts > 1) {
    // Warms up the workers: a cold start would delay the function that creates the group.
    await create(Array.from({ length: MEMBERS_AT_ONCE - 1 }, bench.user));
    await bench.stack.settle();
  }
  return measureWithAbsent(bench, { told, kept: `${told}: kept for the absent` }, () =>
    inStep(bench.stack, parts, create),
  );
}

/**
 * Members join in batches, each of which notifies the workers. A batch starts only when the workers have processed the
 * previous one; otherwise the number of rows they find would depend on timing.
 */
async function inStep<Result>(
  { proxy, ends }: BenchStack,
  parts: number,
  create: () => Promise<Result>,
): Promise<Result> {
  const nextPart = () => ({
    drawsSeq: proxy.setBreakpoint({
      route: 'POST /groups',
      operation: 'UpdateItem',
      // Not the one that marks the previous part as sent.
      where: (_, input) => JSON.stringify(input).includes('#tail'),
    }),
    isTold: ends({ function: 'FanOut' }),
  });
  let next = parts > 1 ? nextPart() : undefined;
  const created = create();
  for (let part = 2; part <= parts && next !== undefined; part += 1) {
    await Promise.all([next.drawsSeq.reached, next.isTold]);
    const { drawsSeq } = next;
    if (part < parts) next = nextPart();
    drawsSeq.release();
  }
  return created;
}

/** Picks `count` of them, evenly spread, so that each fan-out job gets an equal share. */
function evenly<T>(values: readonly T[], count: number): T[] {
  return values.filter(
    (_, n) => Math.floor((n * count) / values.length) !== Math.floor(((n - 1) * count) / values.length),
  );
}

async function setMemberCount({ documents, table }: BenchStack, conversationId: string, count: number) {
  await documents.send(
    new UpdateCommand({
      TableName: table('Conversations'),
      Key: { pk: conversationId, sk: 'head' },
      UpdateExpression: 'SET memberCount = :count',
      ExpressionAttributeValues: { ':count': count },
    }),
  );
}
