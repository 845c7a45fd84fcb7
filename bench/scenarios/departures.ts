import { measureWithAbsent } from './absent.ts';
import type { Scenario } from './scenario.ts';

const MOST_ROUNDS = 3;
/** A member who has no session is removed from a group of five, whose admin is online, and asks what has changed. */
export const departures: Scenario = {
  name: 'departures',
  isChecked: true,
  async run(bench) {
    const { stack, measure, user } = bench;
    const rounds = Math.min(bench.rounds, MOST_ROUNDS);
    for (let round = 0; round < rounds; round += 1) {
      const admin = user();
      const alice = await stack.join(admin);
      const [bob = '', ...others] = Array.from({ length: 4 }, user);
      const create = { method: 'POST', body: { name: 'bench', members: [bob, ...others] } };
      const group = (await stack.http(admin, '/groups', create)) as { conversationId: string };
      await stack.settle();
      const told = 'group of 5, an absent member is removed';
      await measureWithAbsent(bench, { told, kept: `${told}: kept for the absent` }, () =>
        stack.http(admin, `/groups/${group.conversationId}/members/${bob}`, { method: 'DELETE', body: {} }),
      );
      const since = `/conversations?changedSince=${Date.now() - 60_000}`;
      const list = await measure('conversations, one was left', () => stack.http(bob, since));
      const { removed } = list as { removed?: readonly string[] };
      if (removed?.[0] !== group.conversationId) throw new Error('The list did not name the group.');
      await stack.leave(alice);
    }
  },
};
