import { directId, joinPair, type Scenario, sending, sendTen } from './scenario.ts';

const PAGE = 100;

/** Messages and edits that a hook looks at, and profiles of a source that knows none of these users. */
export const hook: Scenario = {
  name: 'hook',
  isChecked: true,
  context: {
    beforeSend: 'examples/moderation/handler.ts',
    profileSource: 'examples/profiles/handler.ts',
  },
  async run({ stack, measure, rounds, user }) {
    for (let round = 0; round < rounds; round += 1) {
      const { a, b, alice, bob } = await joinPair(stack);
      await sendTen(alice, b);
      await measure('message, with a hook', () => alice.request(sending(b)));
      // The bench's own socket throws for an error: over HTTP it is an answer.
      await measure('message, rejected by the hook', async () => {
        const { action: _, ...body } = sending(b, 'badword');
        await stack.http(a, '/messages', { method: 'POST', body }).catch(() => undefined);
      });
      const edit = (editId: string, text: string) =>
        alice.request({
          action: 'edit',
          conversationId: directId(a, b),
          seq: 11,
          editId,
          content: { type: 'text', text },
        });
      await measure('an edit, with a hook', () => edit('e1', 'y'.repeat(100)));
      const others = Array.from({ length: PAGE }, user);
      const read = () => stack.http(a, `/profiles?userIds=${others.join(',')}`);
      await measure('100 profiles, asked of the source', read);
      await measure('100 profiles of the source that are kept', read);
      await stack.leave(alice, bob);
    }
  },
};
