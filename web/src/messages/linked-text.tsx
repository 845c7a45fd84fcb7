import { type Piece, piecesOf } from './links.ts';

/** A text whose web addresses can be opened. The tooltip shows the whole address, as the browser reads it. */
export function LinkedText({ text }: { readonly text: string }) {
  return piecesOf(text).map((piece) => <Part key={piece.at} {...piece} />);
}

function Part({ text, href }: Piece) {
  if (href === undefined) return text;
  return (
    <a href={href} title={href} target="_blank" rel="noopener noreferrer nofollow">
      {text}
    </a>
  );
}
