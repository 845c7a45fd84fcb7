import { type Bench, directId, joinPair, type Scenario, sending, sendTen } from './scenario.ts';

const CHANGED = 2;

/** Edits and recalls of a direct message, and the feed of them. */
export const changes: Scenario = {
  name: 'changes',
  isChecked: true,
  async run(bench) {
    await ofMessages(bench);
    await feed(bench);
  },
};

async function ofMessages({ stack, measure, rounds }: Bench): Promise<void> {
  const { b, alice, bob } = await joinPair(stack);
  await sendTen(alice, b);
  for (let round = 0; round < rounds; round += 1) {
    const { seq } = await alice.request(sending(b));
    const edit = (editId: string) =>
      alice.request({ action: 'edit', to: b, seq, editId, content: { type: 'text', text: editId } });
    await measure('an edit, the first of a message', () => edit('first'));
    await measure('an edit, a later one', () => edit('second'));
    await measure('a recall', () => alice.request({ action: 'recall', to: b, seq }));
  }
  await stack.leave(alice, bob);
}

async function feed({ stack, measure, rounds }: Bench): Promise<void> {
  const { a, b, alice, bob } = await joinPair(stack);
  const since = Date.now();
  for (let sent = 0; sent < CHANGED; sent += 1) {
    const { seq } = await alice.request(sending(b));
    await alice.request({ action: 'recall', to: b, seq });
  }
  const path = `/conversations/${encodeURIComponent(directId(a, b))}/changes?since=${since}`;
  for (let round = 0; round < rounds; round += 1)
    await measure('the feed of changes', () => stack.http(b, path));
  await stack.leave(alice, bob);
}
