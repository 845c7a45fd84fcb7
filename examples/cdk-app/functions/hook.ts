/** Looks at each message before it is stored: no card numbers in the chat. */
interface Question {
  readonly content: { readonly type: string; readonly text?: string };
}

export async function handler({ content }: Question) {
  return /\b\d{13,16}\b/.test(content.text ?? '')
    ? { verdict: 'reject', reason: 'Please send us no card numbers.' }
    : { verdict: 'accept' };
}
