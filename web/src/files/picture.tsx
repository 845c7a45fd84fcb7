import type { CSSProperties } from 'react';
import { useState } from 'react';
import { useIm } from '../session/client-context.ts';
import { Icon } from '../ui/icon.tsx';
import { useNameOf } from '../ui/names.ts';
import { t } from '../ui/texts.ts';
import { UploadBar, uploadsOf } from './upload-progress.tsx';
import { type FilePlace, useLink } from './use-link.ts';
import { altOf } from './words.ts';

/** Up to this size the picture itself follows its thumbnail: a screenshot's letters are blurred in that. */
const SHARP_BYTES = 256 * 1024;
/** A larger picture without a thumbnail is loaded when it is opened. */
const LOADED_BYTES = 2 * 1024 * 1024;

export interface PictureProps extends FilePlace {
  readonly style?: CSSProperties | undefined;
  /** How many pictures have no place of their own. */
  readonly more?: number;
  onOpen(): void;
}

/** A picture in a bubble. It opens the lightbox. */
export function Picture({ style, more = 0, onOpen, ...place }: PictureProps) {
  const { message, index } = place;
  const attachment = message.content.type === 'file' ? message.content.attachments[index] : undefined;
  const alt = useAlt(place);
  const link = useLink(place);
  const [isSharp, setIsSharp] = useState(false);
  if (attachment === undefined) return null;
  const { size, thumbnail } = attachment;
  const upload = uploadsOf(message)?.[index];
  const isLocal = link.url?.startsWith('blob:') === true;
  const small = isLocal ? undefined : link.thumbnailUrl;
  const isFullWanted = isLocal || size <= (thumbnail === undefined ? LOADED_BYTES : SHARP_BYTES);
  const full = isFullWanted ? link.url : undefined;
  const events = { onError: link.onError, decoding: 'async', draggable: false } as const;
  return (
    <button type="button" className="picture" style={style} onClick={onOpen} aria-label={labelOf(alt, more)}>
      {!isSharp && (link.isBroken || link.isOff || (!isFullWanted && small === undefined)) && (
        <Icon name="picture" />
      )}
      {!link.isBroken && small !== undefined && !isSharp && (
        <img
          key={`${link.version} small`}
          src={small}
          alt={full === undefined ? alt : ''}
          loading="lazy"
          referrerPolicy="no-referrer"
          onLoad={link.onLoad}
          {...events}
        />
      )}
      {!link.isBroken && full !== undefined && (
        <img
          key={`${link.version} full`}
          src={full}
          alt={alt}
          loading="lazy"
          referrerPolicy="no-referrer"
          onLoad={() => {
            link.onLoad();
            setIsSharp(true);
          }}
          {...events}
        />
      )}
      {upload !== undefined && <UploadBar upload={upload} name={attachment.name} />}
      {more > 0 && (
        <span className="picture-more" aria-hidden="true">
          +{more}
        </span>
      )}
    </button>
  );
}

function labelOf(alt: string, more: number): string {
  return more === 0 ? alt : t('{name}, and {count} more', { name: alt, count: more });
}

/** What a screen reader says instead of the picture. */
export function useAlt({ message, index }: FilePlace): string {
  const nameOf = useNameOf();
  const { userId = '' } = useIm();
  const { content, mine, from = userId } = message;
  const name = content.type === 'file' ? content.attachments[index]?.name : undefined;
  return altOf(name ?? '', mine ? t('You') : nameOf(from));
}
