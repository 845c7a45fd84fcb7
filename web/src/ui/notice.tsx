import type { ReactNode } from 'react';

export interface NoticeProps {
  readonly title: string;
  readonly text?: string | undefined;
  readonly isBusy?: boolean;
  /** What can be done about it. */
  readonly children?: ReactNode;
}

/** A whole page, or pane, that has one thing to say. */
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
