import type { ReactNode } from 'react';

export interface NoticeProps {
  readonly title: string;
  readonly text?: string | undefined;
  readonly isBusy?: boolean;
  /** Screen readers announce it at once. */
  readonly isAlert?: boolean;
  /** The actions that the user can take. */
  readonly children?: ReactNode;
}

/** A page or pane with a single message. */
export function Notice({ title, text, isBusy = false, isAlert = false, children }: NoticeProps) {
  return (
    <div className="notice" role={isBusy ? 'status' : isAlert ? 'alert' : undefined}>
      {isBusy && <span className="spinner" />}
      <p className="notice-title">{title}</p>
      {text !== undefined && <p className="notice-text">{text}</p>}
      {children}
    </div>
  );
}
