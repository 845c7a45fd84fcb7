/** Looks at each message before it is stored: no card numbers in the chat. */
interface Question {
  readonly content: { readonly type: string; readonly text?: string };
}

export async function handler({ content }: Question) {
  const unspaced = (content.text ?? '').replaceAll(/(?<=\d)[ -](?=\d)/g, '');
  return /(?<!\d)\d{13,16}(?!\d)/.test(unspaced)
    ? { verdict: 'reject', reason: 'Please send us no card numbers.' }
    : { verdict: 'accept' };
}
