/** The orders to the hook of test/fixtures/platform/before-send.ts that a text may have. */
export const HOOK_ORDERS = ['hook:reject', 'hook:rewrite'] as const;

/** What the hook makes of a text with the order `hook:rewrite`. */
const REWRITTEN = { type: 'text', text: 'something nicer' };

export function isRejected(content: unknown): boolean {
  return textOf(content).includes('hook:reject');
}

export function isRewritten(content: unknown): boolean {
  return textOf(content) === REWRITTEN.text;
}

/** What the hook makes of this content, if it does not reject it. */
export function hookTurns(content: unknown): unknown {
  return textOf(content).includes('hook:rewrite') ? REWRITTEN : content;
}

function textOf(content: unknown): string {
  const { text } = (content ?? {}) as { readonly text?: unknown };
  return typeof text === 'string' ? text : '';
}
