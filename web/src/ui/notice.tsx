import type { ReactNode } from 'react';

export interface NoticeProps {
  readonly title: string;
  readonly text?: string | undefined;
  readonly isBusy?: boolean;
  /** The actions that the user can take. */
  readonly children?: ReactNode;
}

/** A page or pane with a single message. */
export function Notice({ title, text, isBusy = false, children }: NoticeProps) {
  return (
    <div className="notice" role={isBusy ? 'status' : undefined}>
      {isBusy && <span className="spinner" />}
      <p className="notice-title">{title}</p>
      {text !== undefined && <p className="notice-text">{text}</p>}
      {children}
    </div>
  );
}
