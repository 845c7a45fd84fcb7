import { directId, joinPair, type Scenario, sending } from './scenario.ts';

/** Blocks, reports, bans, and the `typing` hint, which reads the same head. */
export const blocks: Scenario = {
  name: 'blocks',
  isChecked: true,
  async run({ stack, measure, rounds }) {
    for (let round = 0; round < rounds; round += 1) {
      const { a, b, alice, bob } = await joinPair(stack);
      await alice.request(sending(b));
      await bob.request(sending(a));
      await measure('typing in a direct conversation', async () => {
        const pushed = bob.next(({ type }) => type === 'typing');
        const ended = stack.ends({ route: 'typing' });
        alice.send({ action: 'typing', to: b, typing: true });
        await Promise.all([pushed, ended]);
      });
      await measure('a block', () => stack.http(b, `/blocks/${a}`, { method: 'PUT' }));
      await measure('a message that a block refuses', async () => {
        const refused = alice.next(({ type }) => type === 'error');
        alice.send({ id: 'refused', ...sending(b) });
        await refused;
      });
      const report = { conversationId: directId(a, b), seq: 1, reason: 'Spam' };
      await measure('a report', () => stack.http(b, '/reports', { method: 'POST', body: report }));
      await measure('the list of blocks', () => stack.http(b, '/blocks'));
      await measure('an unblock', () => stack.http(b, `/blocks/${a}`, { method: 'DELETE' }));
      await measure('a ban', async () => {
        const ended = stack.ends({ function: 'ServeEvents' });
        const gone = stack.ends({ route: '$disconnect' });
        await stack.enqueue('Service', { type: 'user.banned', userId: b });
        await Promise.all([ended, gone]);
      });
      await stack.leave(alice);
    }
  },
};
