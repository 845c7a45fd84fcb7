/**
 * Text of others, safe to write to a terminal: whatever could move the cursor, colour, retitle, ring, or turn the
 * direction of what follows is shown as a sign for itself instead of being obeyed. Everything else, emoji and their
 * joiners included, stays as it is. One line in, one line out.
 */
export function safeText(text: string): string {
  return text
    .replace(/\r\n|[\r\n\u2028\u2029]/g, ' ⏎ ')
    .replaceAll('\t', ' ')
    .replace(UNSAFE, signOf);
}

// C0, DEL, C1 (0x9b alone starts an escape sequence), bidirectional controls, lone surrogates.
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const CONTROL_PICTURES = 0x2400;

function signOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(CONTROL_PICTURES + code);
  if (code === 0x7f) return '␡';
  return `<${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}
