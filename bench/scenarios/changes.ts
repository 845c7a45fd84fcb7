import { directId, joinPair, type Scenario, sending } from './scenario.ts';

/** Edits and recalls of a direct message, and the feed of them. */
export const changes: Scenario = {
  name: 'changes',
  isChecked: true,
  async run({ stack, measure, rounds }) {
    const { a, b, alice, bob } = await joinPair(stack);
    const path = `/conversations/${encodeURIComponent(directId(a, b))}/changes`;
    const since = Date.now();
    for (let round = 0; round < rounds; round += 1) {
      const { seq } = await alice.request(sending(b));
      const edit = (editId: string) =>
        alice.request({ action: 'edit', to: b, seq, editId, content: { type: 'text', text: editId } });
      await measure('an edit, the first of a message', () => edit('first'));
      await measure('an edit, a later one', () => edit('second'));
      await measure('a recall', () => alice.request({ action: 'recall', to: b, seq }));
    }
    // The same number of messages in each round.
    for (let round = 0; round < rounds; round += 1)
      await measure('the feed of changes', () => stack.http(b, `${path}?since=${since}`));
    await stack.leave(alice, bob);
  },
};
