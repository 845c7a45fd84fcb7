import { inParallel, type Scenario, sending } from './scenario.ts';

const PEERS = 300;
const PAGE = 100;
const MOST_ROUNDS = 8;

interface Page {
  readonly conversations: readonly unknown[];
  readonly cursor: string | null;
}

/**
 * Bob lists three hundred conversations with one unread message each. Then each conversation on the first page gets a second
 * unread message.
 */
export const conversations: Scenario = {
  name: 'conversations',
  isChecked: true,
  async run({ stack, measure, rounds, user }) {
    const b = user();
    const bob = await stack.join(b);
    const peers = Array.from({ length: PEERS }, user);
    const write = (count: number) =>
      inParallel(count, 10, async (n) => {
        const { action, ...body } = sending(b);
        await stack.http(peers[n] ?? '', '/messages', { method: 'POST', body });
      });
    await write(PEERS);
    const list = async (query: string) => {
      let [path, found] = [`/conversations?limit=${PAGE}${query}`, 0];
      for (;;) {
        const page = (await stack.http(b, path)) as Page;
        found += page.conversations.length;
        if (page.cursor === null) return found;
        path = `/conversations?limit=${PAGE}${query}&cursor=${encodeURIComponent(page.cursor)}`;
      }
    };
    const mostRounds = Math.min(rounds, MOST_ROUNDS);
    for (let round = 0; round < mostRounds; round += 1) {
      const all = await measure('conversations, all 300 in 3 pages', () => list(''));
      if (all !== PEERS) throw new Error(`${all} conversations were listed`);
      const later = `&changedSince=${Date.now() + 60_000}`;
      await measure('conversations, 300 of which none changed', () => list(later));
    }
    await write(PAGE);
    const first = `/conversations?limit=${PAGE}`;
    for (let round = 0; round < mostRounds; round += 1)
      await measure('conversations, 100 with two unread in each', () => stack.http(b, first));
    await stack.leave(bob);
  },
};
