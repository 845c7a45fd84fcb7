import type { ImError } from '@serverless-im/client';
import { useIm } from '../session/client-context.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';

export interface EndedProps {
  readonly error: ImError | undefined;
  readonly onSignOut?: (() => void) | undefined;
}

/** The connection has ended for good: why, and what the user can do about it. */
export function Ended({ error, onSignOut }: EndedProps) {
  const im = useIm();
  const { title, text, canResume } = explain(error);
  const resume = () => {
    im.connect().catch(() => {});
  };
  return (
    <Notice title={title} text={text}>
      <div className="notice-actions">
        {canResume && (
          <Button kind="primary" onClick={resume}>
            Use it here
          </Button>
        )}
        {onSignOut !== undefined && (
          <Button kind={canResume ? 'plain' : 'primary'} onClick={onSignOut}>
            Sign in again
          </Button>
        )}
      </div>
    </Notice>
  );
}

function explain(error: ImError | undefined): { title: string; text: string; canResume: boolean } {
  switch (error?.code) {
    case 'unauthorized':
    case 'session_expired':
      return {
        title: 'Your sign-in has expired',
        text: 'Sign in again to go on. What you wrote and was not sent yet is kept.',
        canResume: false,
      };
    case 'replaced':
      return {
        title: 'This chat was opened in another tab',
        text: 'It can be in one of them.',
        canResume: true,
      };
    case 'kicked':
      return { title: 'Too many devices', text: 'You are signed in on ten others.', canResume: true };
    case 'logged_out':
      return { title: 'You were signed out', text: 'An administrator ended your session.', canResume: false };
    default:
      return { title: 'The connection has ended', text: error?.message ?? '', canResume: true };
  }
}
