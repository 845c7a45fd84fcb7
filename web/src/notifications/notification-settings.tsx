import { NetworkError, type PushState } from '@serverless-im/client';
import { usePush } from '@serverless-im/client/react';
import { useEffect, useState } from 'react';
import { reasonOf } from '../messages/reasons.ts';
import { useIm } from '../session/client-context.ts';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Icon } from '../ui/icon.tsx';
import { useAttempt } from '../ui/use-attempt.ts';
import { registerWorker, workerOf } from './worker.ts';
import './notifications.css';

/** Whether this browser notifies the user, and the button that asks for it. */
export function NotificationSettings() {
  const im = useIm();
  const { userId = '' } = im;
  const state = usePush(im);
  const [isKnown, setIsKnown] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const { error, attempt } = useAttempt(reasonOfPush);
  useEffect(() => {
    const load = async () => im.push.load({ serviceWorker: await workerOf(userId) });
    attempt(
      load().finally(() => setIsKnown(true)),
      () => {},
    );
  }, [im, userId, attempt]);
  const run = (work: Promise<unknown>) => {
    setIsBusy(true);
    attempt(work.finally(() => setIsBusy(false)));
  };
  const { title, text } = WORDS[state];
  const isChoice = isKnown && (state === 'disabled' || state === 'enabled');
  return (
    <section className="notifications" aria-labelledby="notifications-title">
      <Icon name={state === 'enabled' ? 'bell' : 'bell-off'} />
      <div role="status">
        <h3 id="notifications-title">{isKnown ? title : 'Notifications'}</h3>
        <p>{isKnown ? text : 'Loading…'}</p>
      </div>
      {isChoice && state === 'disabled' && (
        <Button
          disabled={isBusy}
          // Within the click: browsers ask no question that comes by itself.
          onClick={() => run(im.push.enable({ serviceWorker: registerWorker(userId) }))}
        >
          Turn on
        </Button>
      )}
      {isChoice && state === 'enabled' && (
        <Button disabled={isBusy} onClick={() => run(im.push.disable())}>
          Turn off
        </Button>
      )}
      <FormError text={error} />
    </section>
  );
}

/** The network of the browser's push service, too. */
function reasonOfPush(error: unknown): string {
  if (error instanceof NetworkError && isRefusal(error.cause))
    return 'This browser refuses notifications. Is this a private window?';
  return error instanceof NetworkError
    ? 'That did not work. Check the connection, and try again.'
    : reasonOf(error);
}

/** The browser itself refused, as Chromium does in a private window, although the user has allowed notifications. */
function isRefusal(cause: unknown): boolean {
  if (!(cause instanceof DOMException)) return false;
  return cause.name === 'NotAllowedError' || /permission denied/i.test(cause.message);
}

const WORDS: Readonly<Record<PushState, { readonly title: string; readonly text: string }>> = {
  enabled: {
    title: 'Notifications are on',
    text: 'On this device, for messages that arrive while you are not here. A muted conversation stays quiet.',
  },
  disabled: {
    title: 'Notifications are off',
    text: 'This device can tell you about new messages while you are not here.',
  },
  denied: {
    title: 'This browser blocks notifications',
    text: 'Allow them for this page in the browser’s settings, beside its address, and open this again.',
  },
  unsupported: {
    title: 'No notifications in this browser',
    text: 'On an iPhone or iPad, first add this page to the home screen, and open it from there.',
  },
  unavailable: {
    title: 'No notifications',
    text: 'The people who run this chat have not set them up.',
  },
};
