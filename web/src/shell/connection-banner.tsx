import { useConnection } from '@serverless-im/client/react';
import { useIm } from '../session/client-context.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { t } from '../ui/texts.ts';
import { useTrouble } from './use-trouble.ts';

/** Shows why messages can't be sent. */
export function ConnectionBanner() {
  const im = useIm();
  const { current, retryInMs } = useConnection(im);
  const trouble = useTrouble(im);
  const isTrying = trouble === 'disconnected' && retryInMs === undefined;
  const tryNow = () => {
    im.connect().catch(() => {});
  };
  return (
    <div className="banner" role="status" hidden={trouble === undefined}>
      {trouble !== undefined && (
        <>
          {isTrying ? <span className="spinner" /> : <Icon name="plug" />}
          <span>
            {t(WORDS[trouble === 'disconnected' && current !== 'reconnecting' ? 'connecting' : trouble])}
          </span>
          <span className="banner-more">{t('Your messages are sent when you are connected again.')}</span>
          {trouble !== 'silent' && retryInMs !== undefined && (
            <Button kind="quiet" onClick={tryNow}>
              {t('Try now')}
            </Button>
          )}
        </>
      )}
    </div>
  );
}

const WORDS = {
  offline: 'You are offline.',
  connecting: 'Connecting…',
  disconnected: 'Connection lost. Reconnecting…',
  silent: 'The server does not answer.',
} as const;
