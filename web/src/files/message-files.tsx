import type { Attachment, ChatMessage, Conversation, FileContent } from '@serverless-im/client';
import type { CSSProperties } from 'react';
import { FileRow, RemovedFile } from './file-row.tsx';
import { isPicture, kindOf } from './kinds.ts';
import { boxOf, PLACES, widthOf } from './layout.ts';
import { Picture } from './picture.tsx';
import { isPlayable, Player } from './player.tsx';
import { useShowPicture } from './show-picture.tsx';
import { UploadState } from './upload-progress.tsx';
import './files.css';

export interface MessageFilesProps {
  readonly conversation: Conversation;
  readonly message: ChatMessage;
  readonly content: FileContent;
}

/** The files of a message: its pictures as a grid, then the others. */
export function MessageFiles({ content, ...place }: MessageFilesProps) {
  const indexed = content.attachments.map((attachment, index) => ({ attachment, index }));
  const pictures = indexed.filter(({ attachment }) => isPicture(attachment));
  const others = indexed.filter(({ attachment }) => !isPicture(attachment));
  const showPicture = useShowPicture();
  return (
    <div className="files">
      {pictures.length > 0 && (
        <div className={`pictures are-${Math.min(pictures.length, PLACES)}`}>
          {pictures.slice(0, PLACES).map(({ attachment, index }, at) => (
            <Picture
              key={index}
              {...place}
              index={index}
              style={pictures.length === 1 ? placeOf(attachment, content) : undefined}
              more={at === PLACES - 1 ? pictures.length - PLACES : 0}
              onOpen={() => showPicture(place.message, index)}
            />
          ))}
        </div>
      )}
      {others.map(({ attachment, index }) => (
        <Other key={index} {...place} index={index} attachment={attachment} />
      ))}
      <UploadState {...place} />
    </div>
  );
}

interface OtherProps {
  readonly conversation: Conversation;
  readonly message: ChatMessage;
  readonly index: number;
  readonly attachment: Attachment;
}

function Other({ attachment, ...place }: OtherProps) {
  if (attachment.removed === true) return <RemovedFile />;
  const kind = kindOf(attachment);
  if ((kind === 'video' || kind === 'sound') && isPlayable(attachment.type))
    return <Player kind={kind} {...place} />;
  return <FileRow {...place} />;
}

/** It fills the bubble, which a text or a file beside it may make wider. */
function placeOf(attachment: Attachment, content: FileContent): CSSProperties {
  return { aspectRatio: `${widthOf(content)} / ${boxOf(attachment).height}` };
}
