import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { IconButton } from './icon-button.tsx';
import { t } from './texts.ts';

export interface DialogProps {
  readonly title: string;
  readonly children: ReactNode;
  /** The id of the question's text: screen readers then announce an alert. */
  readonly describedBy?: string;
  onClose(): void;
}

/** The browser's modal dialog: it traps the focus, closes on Escape, and then restores the focus. */
export function Dialog({ title, children, describedBy, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // By default the focus would be on the close button.
    element?.querySelector<HTMLElement>('input, [data-focus]')?.focus();
    // Only closing restores the focus, so close it before it leaves the page.
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      role={describedBy === undefined ? undefined : 'alertdialog'}
      aria-labelledby={titleId}
      aria-describedby={describedBy}
      onClose={({ currentTarget }) => {
        if (!currentTarget.open) onClose();
      }}
    >
      <header className="dialog-header">
        <h2 id={titleId}>{title}</h2>
        <IconButton icon="close" label={t('Close')} onClick={onClose} />
      </header>
      {children}
    </dialog>
  );
}
