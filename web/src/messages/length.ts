import { LIMITS } from '../../../protocol/limits.ts';
import { t } from '../ui/texts.ts';

const encoder = new TextEncoder();

/** How many characters at the end of a text are too many for one message. */
export function excessOf(text: string): number {
  if (fits(text)) return 0;
  let most = 0;
  let above = Math.min(text.length, LIMITS.maxContentBytes);
  while (above - most > 1) {
    const middle = Math.floor((most + above) / 2);
    if (fits(text.slice(0, middle))) most = middle;
    else above = middle;
  }
  return text.length - most;
}

export function excessWords(excess: number): string {
  if (excess === 1) return t('1 character too long for one message.');
  return t('{count} characters too long for one message.', { count: excess.toLocaleString() });
}

function fits(text: string): boolean {
  // Each character is a byte at least, so a text of a megabyte need not be encoded.
  if (text.length > LIMITS.maxContentBytes) return false;
  return encoder.encode(JSON.stringify({ type: 'text', text })).length <= LIMITS.maxContentBytes;
}
