import type { Mentions } from '@serverless-im/client';
import { useNameOf } from '../ui/names.ts';
import { piecesOf } from './links.ts';
import { ALL, type NamedPiece, namedPieces } from './mentions.ts';

export interface LinkedTextProps {
  readonly text: string;
  readonly mentions?: Mentions | undefined;
  /** The reader. */
  readonly userId?: string | undefined;
}

/**
 * A text whose web addresses can be opened, with the names of those whom it mentions. The tooltip of a link shows the whole
 * address, as the browser reads it.
 */
export function LinkedText({ text, mentions, userId }: LinkedTextProps) {
  return piecesOf(text)
    .flatMap((piece): readonly NamedPiece[] =>
      piece.href === undefined ? namedPieces(piece, mentions) : [piece],
    )
    .map((piece) => <Part key={piece.at} {...piece} isMe={piece.name === ALL || piece.name === userId} />);
}

function Part({ text, href, name, isMe }: NamedPiece & { readonly isMe: boolean }) {
  if (name !== undefined) return <Mention {...{ name, text, isMe }} />;
  if (href === undefined) return text;
  return (
    <a href={href} title={href} target="_blank" rel="noopener noreferrer nofollow">
      {text}
    </a>
  );
}

interface MentionProps {
  readonly name: string;
  readonly text: string;
  readonly isMe: boolean;
}

function Mention({ name, text, isMe }: MentionProps) {
  const nameOf = useNameOf();
  return (
    <bdi className={isMe ? 'mention is-me' : 'mention'} title={text}>
      {name === ALL ? text : `@${nameOf(name)}`}
    </bdi>
  );
}
