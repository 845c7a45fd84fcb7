import { joinPair, type Scenario } from './scenario.ts';

/** A frame of a text that another user watches grow. */
export const live: Scenario = {
  name: 'live',
  isChecked: true,
  async run({ stack, measure, rounds }) {
    const { b, alice, bob } = await joinPair(stack);
    const first = { type: 'text', text: 'hi' };
    await alice.request({ action: 'sendMessage', clientMsgId: 'first', to: b, content: first });
    for (let round = 0; round < rounds; round += 1) {
      // A liveId of its own: a second frame within 200 ms would be dropped.
      const frame = liveFrame({ to: b }, round);
      await measure('live text, a frame', async () => {
        const pushed = bob.next(({ type }) => type === 'live');
        const ended = stack.ends({ route: 'live' });
        alice.send(frame);
        await Promise.all([pushed, ended]);
      });
    }
    await stack.leave(alice, bob);
  },
};

export function liveFrame(target: object, round: number) {
  const content = { type: 'text', text: 'x'.repeat(100) };
  return { action: 'live', ...target, liveId: `live-${round}`, index: 0, content };
}
