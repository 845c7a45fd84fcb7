import { Icon, type IconName } from '../ui/icon.tsx';
import { t } from '../ui/texts.ts';
import { FileName } from './file-name.tsx';
import { type FileKind, kindOf } from './kinds.ts';
import { UploadBar, uploadsOf } from './upload-progress.tsx';
import { useDownload } from './use-download.ts';
import type { FilePlace } from './use-link.ts';
import { sizeInWords } from './words.ts';

export const ICONS: Readonly<Record<FileKind, IconName>> = {
  picture: 'picture',
  video: 'video',
  sound: 'sound',
  text: 'text',
  archive: 'archive',
  file: 'file',
};

/** A file that the page does not show. A click saves it. */
export function FileRow(place: FilePlace) {
  const { content, seq } = place.message;
  const attachment = content.type === 'file' ? content.attachments[place.index] : undefined;
  const { isBusy, error, start } = useDownload(place);
  if (attachment === undefined) return null;
  const { name, size } = attachment;
  const upload = uploadsOf(place.message)?.[place.index];
  return (
    <>
      <button
        type="button"
        className="file-row"
        onClick={start}
        // Not disabled: that would take the focus away.
        aria-disabled={isBusy || seq === undefined}
        aria-busy={isBusy}
      >
        <span className="file-icon">
          {isBusy ? <span className="spinner" /> : <Icon name={ICONS[kindOf(attachment)]} />}
        </span>
        <span className="visually-hidden">{t('Download')}: </span>
        <FileName name={name} />
        {upload === undefined ? (
          <span className="file-facts">{sizeInWords(size)}</span>
        ) : (
          <UploadBar upload={upload} name={name} />
        )}
      </button>
      {error !== undefined && (
        <p className="file-error" role="alert">
          {error}
        </p>
      )}
    </>
  );
}

/** In place of a file that the operator has removed (IM-FILE-8). */
export function RemovedFile() {
  return (
    <p className="file-row is-removed">
      <span className="file-icon">
        <Icon name="file" />
      </span>
      {t('This file was removed')}
    </p>
  );
}
