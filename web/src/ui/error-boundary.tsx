import { Component, type ReactNode } from 'react';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';
import { t } from './texts.ts';

export interface ErrorBoundaryProps {
  readonly children: ReactNode;
  /** Replaces the children after one of them threw. `again` renders them again. */
  readonly fallback: (reason: string, again: () => void) => ReactNode;
}

interface State {
  readonly reason?: string | undefined;
}

/** Keeps a fault of one part from taking the page down. React has no hook for this. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, State> {
  override state: State = {};

  static getDerivedStateFromError(error: unknown): State {
    return { reason: error instanceof Error ? error.message : String(error) };
  }

  readonly #again = (): void => this.setState({ reason: undefined });

  override render(): ReactNode {
    const { reason } = this.state;
    return reason === undefined ? this.props.children : this.props.fallback(reason, this.#again);
  }
}

export interface GuardedProps {
  readonly children: ReactNode;
  /** Says that the pane could not be shown. */
  readonly title: string;
  onClose?(): void;
}

/** A pane whose fault leaves the rest of the page alone. */
export function Guarded({ children, title, onClose }: GuardedProps) {
  return (
    <ErrorBoundary
      fallback={(reason, again) => (
        <Notice
          isAlert
          title={title}
          text={t('This is a fault of the page. Your messages are safe. ({reason})', { reason })}
        >
          <div className="notice-actions">
            <Button kind="primary" onClick={again}>
              {t('Load it again')}
            </Button>
            {onClose !== undefined && <Button onClick={onClose}>{t('Close')}</Button>}
          </div>
        </Notice>
      )}
    >
      {children}
    </ErrorBoundary>
  );
}
