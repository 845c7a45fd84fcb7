import { type MediaHTMLAttributes, useEffect, useRef } from 'react';
import { Button } from '../ui/button.tsx';
import { t } from '../ui/texts.ts';
import { FileName } from './file-name.tsx';
import { videoBoxOf } from './layout.ts';
import { UploadBar, uploadsOf } from './upload-progress.tsx';
import { type FilePlace, useLink } from './use-link.ts';
import { lengthInWords, sizeInWords } from './words.ts';

/** Whether this browser may be able to play it; if not, it is a file to download. */
export function isPlayable(type: string): boolean {
  return document.createElement('video').canPlayType(type) !== '';
}

export interface PlayerProps extends FilePlace {
  readonly kind: 'video' | 'sound';
}

/** A sound or a video. Nothing of it is loaded before it is played. */
export function Player({ kind, ...place }: PlayerProps) {
  const link = useLink(place);
  const element = useRef<HTMLVideoElement & HTMLAudioElement>(null);
  const stopped = useRef({ at: 0, isPlaying: false });
  const { content } = place.message;
  const attachment = content.type === 'file' ? content.attachments[place.index] : undefined;
  // A link ends while the video waits: with the next one it goes on where it was.
  useEffect(() => {
    const { at, isPlaying } = stopped.current;
    const player = element.current;
    if (link.version < 2 || player === null) return;
    player.load();
    player.currentTime = at;
    if (isPlaying) void player.play().catch(() => {});
  }, [link.version]);
  if (attachment === undefined) return null;
  const { name, size, durationMs } = attachment;
  const upload = uploadsOf(place.message)?.[place.index];
  const media: MediaHTMLAttributes<HTMLMediaElement> = {
    src: link.url,
    controls: true,
    preload: 'none',
    'aria-label': name,
    onLoadedData: link.onLoad,
    onError: ({ currentTarget }) => {
      stopped.current = { at: currentTarget.currentTime, isPlaying: !currentTarget.paused };
      link.onError();
    },
  };
  const facts = [durationMs === undefined ? [] : lengthInWords(durationMs), sizeInWords(size)].flat();
  const { width, height } = videoBoxOf(attachment);
  return (
    <figure className={`player is-${kind}`}>
      {link.isOff ? (
        <p className="player-broken">{t('Files are switched off here.')}</p>
      ) : link.isBroken ? (
        <p className="player-broken" role="alert">
          <span>{t('It could not be loaded.')}</span>
          <Button kind="quiet" onClick={link.retry}>
            {t('Try again')}
          </Button>
        </p>
      ) : kind === 'video' ? (
        <video
          ref={element}
          playsInline
          poster={link.thumbnailUrl === link.url ? undefined : link.thumbnailUrl}
          style={{ inlineSize: `min(100%, ${width}px)`, aspectRatio: `${width} / ${height}` }}
          {...media}
        />
      ) : (
        <audio ref={element} {...media} />
      )}
      <figcaption>
        <FileName name={name} />
        {upload !== undefined && <UploadBar upload={upload} name={name} />}
        <span className="file-facts">{facts.join(' · ')}</span>
      </figcaption>
    </figure>
  );
}
