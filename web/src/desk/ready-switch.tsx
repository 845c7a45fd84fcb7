import type { Readiness } from '@serverless-im/client/desk';
import { useConnection } from '@serverless-im/client/react';
import { useCallback, useEffect, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { useAttempt } from '../ui/use-attempt.ts';
import { useDeskIm } from './desk-client.ts';
import { keepReadiness, lastReadiness } from './readiness.ts';
import { wordsOf } from './words.ts';

const CAPACITIES = [1, 2, 3, 5, 10];
const NOT_READY: Readiness = { queues: ['default'], capacity: 2 };

/** Parses queue names separated by commas; drops repeats. */
function namesIn(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

/** Whether new chats come to this agent, and how many at a time (IM-DESK-4). */
export function ReadySwitch() {
  const im = useDeskIm();
  const { current } = useConnection(im);
  const [{ queues, capacity }, setWanted] = useState(() => lastReadiness() ?? NOT_READY);
  const [isReady, setIsReady] = useState(false);
  const { error, attempt } = useAttempt(wordsOf);
  const report = useCallback(
    (readiness: Readiness | undefined) => {
      const change = readiness === undefined ? im.agent.away() : im.agent.ready(readiness);
      attempt(change, ({ status }) => {
        setIsReady(status === 'ready');
        keepReadiness(readiness);
      });
    },
    [im, attempt],
  );
  useEffect(() => {
    const kept = lastReadiness();
    // After a reconnect the client repeats it by itself.
    if (current === 'connected' && kept !== undefined && !isReady) report(kept);
  }, [current, isReady, report]);
  const choose = (wanted: Readiness) => {
    setWanted(wanted);
    if (isReady) report(wanted);
  };
  return (
    <div className="desk-ready">
      <p className={isReady ? 'desk-status is-ready' : 'desk-status'} role="status">
        {isReady ? 'Ready for new chats' : 'Away: no new chats'}
      </p>
      <label className="field">
        <span>Queues</span>
        <input
          defaultValue={queues.join(', ')}
          spellCheck={false}
          onBlur={({ target }) => choose({ queues: namesIn(target.value), capacity })}
        />
      </label>
      <div className="desk-ready-row">
        <label>
          At a time{' '}
          <select
            value={capacity}
            onChange={(event) => choose({ queues, capacity: Number(event.target.value) })}
          >
            {CAPACITIES.map((count) => (
              <option key={count}>{count}</option>
            ))}
          </select>
        </label>
        <Button
          kind={isReady ? 'plain' : 'primary'}
          disabled={current !== 'connected'}
          onClick={() => report(isReady ? undefined : { queues, capacity })}
        >
          {isReady ? 'Take a break' : 'Take chats'}
        </Button>
      </div>
      <FormError text={error} />
    </div>
  );
}
