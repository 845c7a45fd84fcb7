import { useState } from 'react';
import { Icon } from '../ui/icon.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { t } from '../ui/texts.ts';
import { FileName } from './file-name.tsx';
import { ICONS } from './file-row.tsx';
import { kindOf } from './kinds.ts';
import { noteShape } from './shapes.ts';
import { useLocalUrl } from './use-local-url.ts';
import { sizeInWords } from './words.ts';

export interface ChosenListProps {
  readonly files: readonly File[];
  onRemove(file: File): void;
}

/** The files that the next message will have. */
export function ChosenList({ files, onRemove }: ChosenListProps) {
  return (
    <ul className="chosen" aria-label={t('Files to send')}>
      {files.map((file, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same file may be there twice
        <li key={`${index} ${file.name}`}>
          <Chosen file={file} />
          <IconButton
            icon="close"
            className="chosen-remove"
            label={t('Remove {name}', { name: file.name })}
            onClick={() => onRemove(file)}
          />
        </li>
      ))}
    </ul>
  );
}

function Chosen({ file }: { readonly file: File }) {
  const kind = kindOf(file);
  const [isBroken, setIsBroken] = useState(false);
  const url = useLocalUrl(kind === 'picture' ? file : undefined);
  if (kind === 'picture' && !isBroken)
    return (
      <span className="chosen-picture">
        {url !== undefined && (
          <img
            src={url}
            alt={file.name}
            title={file.name}
            decoding="async"
            onLoad={({ currentTarget }) => noteShape(file, currentTarget)}
            onError={() => setIsBroken(true)}
          />
        )}
      </span>
    );
  return (
    <span className="chosen-file">
      <Icon name={ICONS[kind]} />
      <FileName name={file.name} />
      <span className="file-facts">{sizeInWords(file.size)}</span>
    </span>
  );
}
