import type { Conversation } from '@serverless-im/client';
import { type CSSProperties, type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react';
import { useIm } from '../session/client-context.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { useNameOf } from '../ui/names.ts';
import { t } from '../ui/texts.ts';
import { fullTime } from '../ui/times.ts';
import { FileName } from './file-name.tsx';
import { useAlt } from './picture.tsx';
import type { Shown } from './shown.ts';
import { useDownload } from './use-download.ts';
import { type FilePlace, useLink } from './use-link.ts';
import { useZoom, type Zoom } from './use-zoom.ts';
import './lightbox.css';

export interface LightboxProps {
  readonly conversation: Conversation;
  readonly pictures: readonly Shown[];
  readonly at: number;
  onMove(to: number): void;
  onClose(): void;
}

const PAN_PX = 80;

/** A picture over the whole page. The browser's modal dialog keeps the focus in it, and gives it back. */
export function Lightbox({ conversation, pictures, at, onMove, onClose }: LightboxProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.focus();
    // Only closing restores the focus, so close it before it leaves the page.
    return () => element?.close();
  }, []);
  const move = (by: number): void => {
    if (pictures[at + by] === undefined) return;
    zoom.reset();
    onMove(at + by);
  };
  const zoom = useZoom({ onSwipe: move, onLeave: onClose });
  const { scale, x, y } = zoom.view;
  const shown = pictures[at];
  if (shown === undefined) return null;
  const { message, index } = shown;
  const place = { conversation, message, index };
  const key = `${message.key} ${index}`;
  const isMany = pictures.length > 1;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (press(event.key, zoom, move)) event.preventDefault();
  };
  return (
    <dialog
      ref={dialog}
      className="lightbox"
      aria-label={t('Photo')}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      onClose={({ currentTarget }) => {
        if (!currentTarget.open) onClose();
      }}
    >
      <header className="lightbox-header">
        <Facts {...place} />
        {isMany && (
          <p className="lightbox-count" aria-live="polite">
            {t('{at} of {count}', { at: at + 1, count: pictures.length })}
          </p>
        )}
        <IconButton
          icon="minus"
          label={t('Smaller')}
          aria-disabled={scale === 1}
          onClick={() => zoom.zoom(-1)}
        />
        <IconButton icon="compose" label={t('Larger')} onClick={() => zoom.zoom(1)} />
        <DownloadButton key={key} {...place} />
        <IconButton icon="close" label={t('Close')} onClick={onClose} />
      </header>
      <div className="lightbox-stage" ref={zoom.stage} {...zoom.handlers}>
        <div
          ref={zoom.picture}
          className={`lightbox-picture${zoom.isHeld ? ' is-held' : ''}${scale > 1 ? ' is-large' : ''}`}
          style={{ ...sizeOf(shown), transform: `translate(${x}px, ${y}px) scale(${scale})` }}
        >
          <LargePicture key={key} {...place} />
        </div>
      </div>
      {isMany && (
        <>
          <IconButton
            icon="back"
            className="lightbox-step is-back"
            label={t('Previous photo')}
            aria-disabled={at === 0}
            onClick={() => move(-1)}
          />
          <IconButton
            icon="next"
            className="lightbox-step is-next"
            label={t('Next photo')}
            aria-disabled={at === pictures.length - 1}
            onClick={() => move(1)}
          />
        </>
      )}
    </dialog>
  );
}

const DIRECTIONS: Readonly<Record<string, readonly [x: number, y: number] | undefined>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const STEPS: Readonly<Record<string, number | undefined>> = { '+': 1, '=': 1, '-': -1, _: -1 };

/** An enlarged picture is moved by the arrows; else they lead to its neighbours. Returns whether the key has a meaning. */
function press(key: string, zoom: Zoom, move: (by: number) => void): boolean {
  const [x, y] = DIRECTIONS[key] ?? [0, 0];
  const step = STEPS[key];
  if (step !== undefined) zoom.zoom(step);
  else if (key === '0') zoom.reset();
  else if (zoom.view.scale > 1) zoom.pan(-x * PAN_PX, -y * PAN_PX);
  else if (x !== 0) move(x);
  return step !== undefined || key === '0' || DIRECTIONS[key] !== undefined;
}

/** Who sent it, and when. */
function Facts({ message, index }: FilePlace) {
  const nameOf = useNameOf();
  const { userId = '' } = useIm();
  const { content, mine, from = userId, sentAt } = message;
  const name = content.type === 'file' ? content.attachments[index]?.name : undefined;
  return (
    <div className="lightbox-facts">
      <FileName name={name ?? ''} />
      <p>
        <bdi>{mine ? t('You') : nameOf(from)}</bdi>
        {', '}
        <time dateTime={new Date(sentAt).toISOString()}>{fullTime(sentAt)}</time>
      </p>
    </div>
  );
}

function DownloadButton(place: FilePlace) {
  const { isBusy, error, start } = useDownload(place);
  return (
    <>
      <IconButton
        icon="download"
        label={t('Download')}
        aria-disabled={isBusy || place.message.seq === undefined}
        onClick={start}
      />
      {error !== undefined && (
        <p className="lightbox-error" role="alert">
          {error}
        </p>
      )}
    </>
  );
}

/** The thumbnail until the picture is there. */
function LargePicture(place: FilePlace) {
  const { url, thumbnailUrl, version, isBroken, isOff, onError, onLoad, retry } = useLink(place);
  const [isLoaded, setIsLoaded] = useState(false);
  const alt = useAlt(place);
  if (isOff)
    return (
      <div className="lightbox-broken" role="alert">
        <Icon name="picture" />
        <p>{t('Files are switched off here.')}</p>
      </div>
    );
  if (isBroken)
    return (
      <div className="lightbox-broken" role="alert">
        <Icon name="picture" />
        <p>{t('It could not be loaded.')}</p>
        <Button onClick={retry}>{t('Try again')}</Button>
      </div>
    );
  const shared = { referrerPolicy: 'no-referrer', draggable: false } as const;
  return (
    <>
      {thumbnailUrl !== undefined && thumbnailUrl !== url && !isLoaded && (
        <img src={thumbnailUrl} alt="" className="lightbox-small" {...shared} />
      )}
      {!isLoaded && <span className="spinner" />}
      {url !== undefined && (
        <img
          key={version}
          src={url}
          alt={alt}
          onError={onError}
          onLoad={() => {
            onLoad();
            setIsLoaded(true);
          }}
          {...shared}
        />
      )}
    </>
  );
}

/** Of a tiny picture: else nobody would find it. */
const LEAST_PX = 96;

/** As large as the stage, and no larger than the picture. */
function sizeOf({ message: { content }, index }: Shown): CSSProperties {
  const { width = 1024, height = 768 } =
    (content.type === 'file' ? content.attachments[index] : undefined) ?? {};
  const least = LEAST_PX * Math.min(1, width / height);
  return { '--width': `${Math.max(width, least)}px`, '--ratio': width / height } as CSSProperties;
}
