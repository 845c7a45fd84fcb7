import { useConnection } from '@serverless-im/client/react';
import { useIm } from '../session/client-context.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { t } from '../ui/texts.ts';
import { useLimitedSeconds } from './use-limited.ts';
import { useTrouble } from './use-trouble.ts';
import { useUnreached } from './use-unreached.ts';

/** Shows why messages can't be sent. */
export function ConnectionBanner() {
  const im = useIm();
  const { current, retryInMs } = useConnection(im);
  const trouble = useTrouble(im);
  const unreached = useUnreached(im);
  const limitedSeconds = useLimitedSeconds(im);
  const isTrying = trouble === 'disconnected' && retryInMs === undefined;
  const tryNow = () => {
    im.connect().catch(() => {});
  };
  if (limitedSeconds > 0 && trouble !== 'offline') return <Limited seconds={limitedSeconds} />;
  return (
    <div className="banner" role="status" hidden={trouble === undefined}>
      {trouble !== undefined && (
        <>
          {isTrying ? <span className="spinner" /> : <Icon name="plug" />}
          <span className="banner-reason">
            {trouble === 'disconnected' && unreached !== undefined
              ? t("Can't reach the server ({reason}). Trying again…", { reason: unreached })
              : t(WORDS[trouble === 'disconnected' && current !== 'reconnecting' ? 'connecting' : trouble])}
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

/** Screen readers hear it once, without the seconds. */
function Limited({ seconds }: { readonly seconds: number }) {
  const time =
    seconds < 60 ? t('{count} s', { count: seconds }) : t('{count} min', { count: Math.ceil(seconds / 60) });
  return (
    <div className="banner is-limited" role="status">
      <Icon name="clock" />
      <span>{t('That was a lot in a short time.')}</span>
      <span>{t('Your messages are sent soon.')}</span>
      <strong className="banner-time" aria-hidden="true">
        {time}
      </strong>
    </div>
  );
}

const WORDS = {
  offline: 'You are offline.',
  connecting: 'Connecting…',
  disconnected: 'Connection lost. Reconnecting…',
  silent: 'The server does not answer.',
} as const;
