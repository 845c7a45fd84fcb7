/**
 * Makes others' text safe to write to a terminal: control characters, which could move the cursor, change colours or
 * the title, ring, or reverse the text direction, are replaced by visible signs. Everything else, including emoji and
 * their joiners, stays as it is. The result is one line.
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
