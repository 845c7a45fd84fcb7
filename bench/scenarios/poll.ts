import { pauseOffline } from './absent.ts';
import { type Scenario, sending } from './scenario.ts';

/** Bob has no socket and polls (IM-POLL). */
export const poll: Scenario = {
  name: 'poll',
  isChecked: true,
  async run({ stack, measure, rounds, user }) {
    for (let round = 0; round < rounds; round += 1) {
      const [a, b] = [user(), user()];
      const alice = await stack.join(a);
      const ask = (body: { readonly waitMs: number; readonly batch?: string }) =>
        stack.http(b, '/poll', { method: 'POST', body: { deviceId: 'phone', ...body } });
      await measure('poll, one look, nothing there', () => ask({ waitMs: 0 }));
      await measure('poll of a second, nothing comes: two looks', () => ask({ waitMs: 1_000 }));
      await alice.request(sending(b));
      await stack.settle();
      const queue = await pauseOffline(stack);
      await measure('message to one who polls', () => alice.request(sending(b)));
      await measure('message to one who polls, put into the inbox', async () => queue.release());
      const page = await measure('poll, two messages there', () => ask({ waitMs: 20_000 }));
      const { batch } = page as { readonly batch: string };
      await measure('poll that acknowledges two, nothing more', () => ask({ waitMs: 0, batch }));
      await stack.leave(alice);
    }
  },
};
