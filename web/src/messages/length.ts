import { LIMITS } from '../../../protocol/limits.ts';
import { t } from '../ui/texts.ts';

const encoder = new TextEncoder();

/**
 * How many characters at the end of a text are too many for one message.
 * @param refers what the message answers and whom it mentions, which counts, too
 */
export function excessOf(text: string, refers: { readonly [name: string]: unknown } = {}): number {
  const json = JSON.stringify(refers);
  const most = LIMITS.maxContentBytes - (json === '{}' ? 0 : encoder.encode(json).length);
  if (fits(text, most)) return 0;
  let fitting = 0;
  let above = Math.min(text.length, most);
  while (above - fitting > 1) {
    const middle = Math.floor((fitting + above) / 2);
    if (fits(text.slice(0, middle), most)) fitting = middle;
    else above = middle;
  }
  return text.length - fitting;
}

export function excessWords(excess: number): string {
  if (excess === 1) return t('1 character too long for one message.');
  return t('{count} characters too long for one message.', { count: excess.toLocaleString() });
}

function fits(text: string, maxBytes: number): boolean {
  // Each character is a byte at least, so a text of a megabyte need not be encoded.
  if (text.length > maxBytes) return false;
  return encoder.encode(JSON.stringify({ type: 'text', text })).length <= maxBytes;
}
