import { inParallel, type Scenario, sending } from './scenario.ts';

/** More than a count reads. */
const TO_GROUP = 150;
const TO_USER = 20;
/** Of a message that comes near the limit of content. */
const LONG = 'x'.repeat(16_000);

/** A bot that only sends, and lists its conversations: long messages to a user, and as many to a group. */
export const sendsAndNeverReads: Scenario = {
  name: 'sends-and-never-reads',
  isChecked: true,
  async run({ stack, measure, rounds, user }) {
    const list = (userId: string) => stack.http(userId, '/conversations');
    const send = async (bot: string, to: string) => {
      const { action: _, ...body } = sending(to, LONG);
      await stack.http(bot, '/messages', { method: 'POST', body });
    };
    const sendAll = async (bot: string, to: string, count: number) => {
      await send(bot, to);
      await inParallel(count - 1, 10, () => send(bot, to));
    };
    const [notifier, reporter, reader] = [user(), user(), user()];
    const body = { name: 'bench', members: [reader] };
    const group = (await stack.http(reporter, '/groups', { method: 'POST', body })) as {
      readonly conversationId: string;
    };
    await sendAll(notifier, reader, TO_USER);
    await sendAll(reporter, group.conversationId, TO_GROUP);
    for (let round = 0; round < rounds; round += 1) {
      await measure('conversations of one who sent 20 long messages to a user', () => list(notifier));
      await measure('conversations of one who sent 150 long messages to a group', () => list(reporter));
    }
    await stack.settle();
  },
};
