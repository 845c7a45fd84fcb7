import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers } from '../../../lambdas/domain/groups/members.ts';
import { reportMessage } from '../../../lambdas/domain/people/reports.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { createWorld, NOON, sayIn, type World } from '../../adapters/memory/world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});

const report = (userId: string, conversationId: string, seq: number, roles: readonly 'supervisor'[] = []) =>
  reportMessage(world, userId, { conversationId, seq, reason: 'It is spam' }, { roles });

describe('a report (IM-REPORT-1)', () => {
  it('keeps the message and the reason for the operator, and neither is in the log', async () => {
    const info = vi.spyOn(logger, 'info').mockImplementation(() => undefined);
    await sayIn(world, 'cheap boats', { to: 'bob' }, 'alice');
    await report('bob', 'dm:alice:bob', 1);
    await report('bob', 'dm:alice:bob', 1);
    const message = expect.objectContaining({ from: 'alice', seq: 1 });
    expect(world.reportWriter.kept).toEqual([{ reporter: 'bob', message, reason: 'It is spam', atMs: NOON }]);
    const { messageId } = world.reportWriter.kept[0]?.message ?? {};
    expect(info.mock.calls).toEqual(Array(2).fill(['message reported', { messageId, day: '2026-11-21' }]));
    info.mockRestore();
  });

  it('is refused for what the user may not see, as if it did not exist', async () => {
    await sayIn(world, 'hi', { to: 'bob' }, 'alice');
    const request = { name: 'Rowers', members: ['bob'], openHistory: false };
    const { conversationId } = await createGroup(world, 'alice', request);
    await sayIn(world, 'before', { conversationId }, 'alice');
    await addMembers(world, 'alice', conversationId, ['carol']);
    for (const [user, id, seq, what] of [
      ['carol', 'dm:alice:bob', 1, 'conversation'],
      ['bob', 'dm:alice:bob', 2, 'message'],
      ['dave', conversationId, 2, 'conversation'],
      ['carol', conversationId, 2, 'message'],
    ] as const)
      await expect(report(user, id, seq)).rejects.toMatchObject({
        code: 'not_found',
        message: `There is no such ${what}.`,
      });
    expect(world.reportWriter.kept).toEqual([]);
    await report('carol', conversationId, 3);
    await report('bob', conversationId, 2);
    expect(world.reportWriter.kept).toHaveLength(2);
  });
});
