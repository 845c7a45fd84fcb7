import { beforeEach, describe, expect, it } from 'vitest';
import { WATCHDOG_SECONDS } from '../../../lambdas/domain/delivery/outbox.ts';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { createWorld, type World } from '../../adapters/memory/world.ts';

let world: World;
let id: string;
beforeEach(async () => {
  world = createWorld();
  const request = { name: 'Rowers', members: ['bob'], openHistory: false };
  id = (await createGroup(world, 'alice', request)).conversationId;
});

const say = (clientMsgId: string) =>
  send(world, 'alice', { clientMsgId, conversationId: id, content: { type: 'text', text: 'hi' } });
/** Adds carol, by an addition that so many messages with a higher seq overtake. */
async function addOvertaken(by: number, afterwards: () => Promise<unknown> = async () => {}) {
  const apply: World['groupWriter']['apply'] = async (change) => {
    for (let n = 0; n < by; n += 1) await say(`c${n}`);
    const isDone = await world.groupWriter.apply(change);
    await afterwards();
    return isDone;
  };
  const ports = { ...world, groupWriter: { ...world.groupWriter, apply } };
  world.fanOutQueue.jobs.length = 0;
  await addMembers(ports, 'alice', id, ['carol']);
  return world.fanOutQueue.jobs;
}
const seqsOf = (jobs: typeof world.fanOutQueue.jobs) =>
  jobs.map(({ what }) => ('reference' in what ? what.reference.seq : undefined));

describe('a new member', () => {
  it('gets the messages that overtook the addition (IM-PUSH-2)', async () => {
    const jobs = await addOvertaken(2);
    expect(seqsOf(jobs)).toEqual([3, 4]);
    for (const job of jobs)
      expect(job).toMatchObject({ conversationId: id, memberCount: 3, users: ['carol'] });
  });

  it('gets all of them, even over several pages (IM-PUSH-2)', async () => {
    const seqs = seqsOf(await addOvertaken(LIMITS.pageMax + 1));
    expect(seqs).toEqual(Array.from({ length: LIMITS.pageMax + 1 }, (_, n) => n + 3));
  });

  it('gets nothing more if no message overtook the addition', async () => {
    expect(await addOvertaken(0)).toEqual([]);
  });

  it('gets none that were stored after the head was read: their senders find the new member (IM-PUSH-2)', async () => {
    const { head } = world.conversations;
    const afterwards = async () => {
      world.conversations.head = async (of) => {
        const found = await head(of);
        world.conversations.head = head;
        await say('after the head');
        return found;
      };
    };
    expect(seqsOf(await addOvertaken(1, afterwards))).toEqual([3]);
  });

  it('is added though the message that overtook the addition is not stored yet', async () => {
    const jobs = await addOvertaken(0, () => world.conversationWriter.nextSeq(id, 'alice', 'slow'));
    expect(jobs).toEqual([]);
  });

  it.each([
    ['of the last page', 1, 0, 1],
    ['sent much later', 0, LIMITS.pageMax + 1, 1],
    ['sent much later than those of a page', LIMITS.pageMax, LIMITS.pageMax + 1, 2],
  ])('costs no read beyond messages %s', async (_, overtaking, later, reads) => {
    let pages = 0;
    const { page } = world.messages;
    const afterwards = async () => {
      world.advance(WATCHDOG_SECONDS * 1000 + 1);
      for (let n = 0; n < later; n += 1) await say(`later ${n}`);
      world.messages.page = async (...wanted) => {
        pages += 1;
        return page(...wanted);
      };
    };
    expect(await addOvertaken(overtaking, afterwards)).toHaveLength(overtaking);
    expect(pages).toBe(reads);
  });

  it('gets none of them if the removal has begun since (IM-INV-5)', async () => {
    expect(await addOvertaken(1, () => world.groupWriter.markAsLeaving(id, 'carol'))).toEqual([]);
  });

  it('gets none of them if the removal is complete (IM-INV-5)', async () => {
    expect(await addOvertaken(1, () => removeMember(world, 'alice', id, 'carol'))).toEqual([]);
  });

  it('gets none of them if a later addition has replaced this one (IM-INV-5)', async () => {
    const getMembers = world.groups.getMembers;
    const afterwards = async () => {
      world.groups.getMembers = async (of, users) => {
        const found = await getMembers(of, users);
        return new Map([...found].map(([userId, status]) => [userId, { ...status, joinedSeq: 99 }]));
      };
    };
    expect(await addOvertaken(1, afterwards)).toEqual([]);
  });
});
