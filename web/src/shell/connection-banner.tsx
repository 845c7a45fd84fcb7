import { useConnection } from '@serverless-im/client/react';
import { useIm } from '../session/client-context.ts';
import { Button } from '../ui/button.tsx';
import { useSince } from '../ui/use-since.ts';

/** Shorter interruptions are not shown: messages wait and are then sent. */
const PATIENCE_MS = 1_000;

export function ConnectionBanner() {
  const im = useIm();
  const { current, retryInMs } = useConnection(im);
  const isDown = current !== 'connected';
  const isShown = useSince(isDown, PATIENCE_MS);
  const tryNow = () => {
    im.connect().catch(() => {});
  };
  return (
    <div className="banner" role="status" hidden={!isShown}>
      {isShown && (
        <>
          <span className="spinner" />
          <span>{current === 'reconnecting' ? 'Connection lost. Reconnecting…' : 'Connecting…'}</span>
          <span className="banner-more">Your messages are sent when it is back.</span>
          {retryInMs !== undefined && (
            <Button kind="quiet" onClick={tryNow}>
              Try now
            </Button>
          )}
        </>
      )}
    </div>
  );
}
