/** A part of a text. */
export interface Piece {
  /** Where it starts. */
  readonly at: number;
  readonly text: string;
  /** The address, if the part is a link. */
  readonly href?: string;
}

/** No other scheme, and no sign that turns the direction of writing, which could disguise an address. */
const ADDRESS = /(?<!\w)https:\/\/[^\s<>"\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gi;
/** Signs that end a sentence rather than an address. */
const AFTER = /[.,;:!?'’”*_~)\]}]+$/;

/** The parts of a text, with `https:` addresses as links. */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = withoutPunctuation(found);
    const href = hrefOf(address);
    if (href === undefined) continue;
    if (index > end) pieces.push({ at: end, text: text.slice(end, index) });
    pieces.push({ at: index, text: address, href });
    end = index + address.length;
  }
  if (end < text.length) pieces.push({ at: end, text: text.slice(end) });
  return pieces;
}

function withoutPunctuation(found: string): string {
  const address = found.replace(AFTER, '');
  const isOpen = address.lastIndexOf('(') > address.lastIndexOf(')');
  return isOpen && found[address.length] === ')' ? `${address})` : address;
}

/** `https://bank.example@evil.example` leads elsewhere than it seems to, so an address with a user is no link. */
function hrefOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { href, username, password } = new URL(address);
  return username === '' && password === '' ? href : undefined;
}
