import { beforeEach, describe, expect, it } from 'vitest';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers } from '../../../lambdas/domain/groups/members.ts';
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

/** Adds carol, by an addition that so many messages with a higher seq overtake. */
async function addOvertaken(by: number, afterwards: () => Promise<unknown> = async () => {}) {
  const apply: World['groupWriter']['apply'] = async (change) => {
    for (let n = 0; n < by; n += 1) {
      const content = { type: 'text', text: 'hi' } as const;
      await send(world, 'alice', { clientMsgId: `c${n}`, conversationId: id, content });
    }
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

  it('gets none of them if the removal has begun since (IM-INV-5)', async () => {
    expect(await addOvertaken(1, () => world.groupWriter.markAsLeaving(id, 'carol'))).toEqual([]);
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
