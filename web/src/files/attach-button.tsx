import { useRef } from 'react';
import { IconButton } from '../ui/icon-button.tsx';
import { t } from '../ui/texts.ts';

export interface AttachButtonProps {
  /** Media types that the dialog offers first; empty: any. */
  readonly types: readonly string[];
  onFiles(files: readonly File[]): void;
}

/** Lets the user choose files of this device. */
export function AttachButton({ types, onFiles }: AttachButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton
        icon="attach"
        className="composer-attach"
        label={t('Attach files')}
        onClick={() => input.current?.click()}
      />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={types.join(',')}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          // So that the same file can be chosen again.
          currentTarget.value = '';
        }}
      />
    </>
  );
}
