import { type ImError, RefusedError } from '@serverless-im/client';
import { reasonOf } from '../messages/reasons.ts';
import { useIm } from '../session/client-context.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { t } from '../ui/texts.ts';
import { fullTime } from '../ui/times.ts';

export interface EndedProps {
  readonly error: ImError | undefined;
  readonly onSignOut?: (() => void) | undefined;
}

/** Explains why the connection ended for good, and offers what the user can do. */
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
            {t('Use it here')}
          </Button>
        )}
        {onSignOut !== undefined && (
          <Button kind={canResume ? 'plain' : 'primary'} onClick={onSignOut}>
            {t('Sign in again')}
          </Button>
        )}
      </div>
    </Notice>
  );
}

function untilOf(error: ImError, always: string): string {
  const until = error instanceof RefusedError ? Object(error.body).until : Object(error).until;
  return until === undefined
    ? always
    : t('The people who run this chat have banned you until {time}.', { time: fullTime(until) });
}

/** The connection's end and the refusal of a request say the same. */
function bannedOf(error: ImError) {
  return {
    title: t('You are banned'),
    text: untilOf(error, t('The people who run this chat have banned you.')),
    canResume: false,
  };
}

function explain(error: ImError | undefined): { title: string; text: string; canResume: boolean } {
  switch (error?.code) {
    case 'unauthorized':
    case 'session_expired':
      return {
        title: t('Your sign-in has expired'),
        text: t('Sign in again to continue. Unsent messages are kept.'),
        canResume: false,
      };
    case 'replaced':
      return {
        title: t('This chat was opened in another tab'),
        text: t('It can be open in only one tab.'),
        canResume: true,
      };
    case 'kicked':
      return {
        title: t('Too many devices'),
        text: t('You are signed in on ten other devices.'),
        canResume: true,
      };
    case 'logged_out':
      return {
        title: t('You were signed out'),
        text: t('An administrator ended your session.'),
        canResume: false,
      };
    case 'forbidden':
      return error.message.includes('banned')
        ? bannedOf(error)
        : {
            title: t('You can’t use this chat'),
            text: t('The people who run it do not let you in.'),
            canResume: false,
          };
    case 'banned':
      return bannedOf(error);
    default:
      return { title: t('The connection has ended'), text: reasonOf(error), canResume: true };
  }
}
