import { describe, expect, it } from 'vitest';
import { handler } from '../../../examples/moderation/handler.ts';

const ask = (content: Parameters<typeof handler>[0]['content']) =>
  handler({ from: 'alice', conversationId: 'dm:alice:bob', content });
const say = (text: string) => ask({ type: 'text', text });

describe('the example of a hook', () => {
  it.each(['badword', 'You BADWORD!', 'a casino  bonus for you', 'ｂａｄｗｏｒｄ'])(
    'rejects a word of its list: %s',
    async (text) => {
      expect(await say(text)).toEqual({ verdict: 'reject', reason: 'Please keep it friendly.' });
    },
  );

  it.each(['hi bob', 'badwords are not on the list', 'call me at 555 1234'])('accepts %s', async (text) => {
    expect(await say(text)).toEqual({ verdict: 'accept' });
  });

  it('hides card numbers but their last four digits', async () => {
    expect(await say('my card is 4111 1111 1111 1111, thanks')).toEqual({
      verdict: 'rewrite',
      content: { type: 'text', text: 'my card is •••• 1111, thanks' },
    });
  });

  it('looks into custom content', async () => {
    const custom = { type: 'custom', data: { title: 'a badword' } } as const;
    expect(await ask(custom)).toMatchObject({ verdict: 'reject' });
    expect(await ask({ ...custom, data: {}, fallback: 'hi' })).toEqual({ verdict: 'accept' });
  });
});
