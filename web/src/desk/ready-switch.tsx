import { useConnection } from '@serverless-im/client/react';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { useDeskIm } from './desk-client.ts';
import { wordsOf } from './words.ts';

const CAPACITIES = [1, 2, 3, 5, 10];
const QUEUES = ['default'];

/** Whether new chats come to this agent, and how many at a time (IM-DESK-4). */
export function ReadySwitch() {
  const im = useDeskIm();
  const { current } = useConnection(im);
  const [capacity, setCapacity] = useState(2);
  const [isReady, setIsReady] = useState(false);
  const [error, setError] = useState<string>();
  const say = (ready: boolean, places: number) => {
    const said = ready ? im.agent.ready({ queues: QUEUES, capacity: places }) : im.agent.away();
    said.then(
      ({ status }) => {
        setIsReady(status === 'ready');
        setError(undefined);
      },
      (reason: unknown) => setError(wordsOf(reason)),
    );
  };
  const choose = (places: number) => {
    setCapacity(places);
    if (isReady) say(true, places);
  };
  return (
    <div className="desk-ready">
      <p className={isReady ? 'desk-status is-ready' : 'desk-status'} role="status">
        {isReady ? 'Ready for new chats' : 'Away: no new chats'}
      </p>
      <div className="desk-ready-row">
        <label>
          At a time{' '}
          <select value={capacity} onChange={(event) => choose(Number(event.target.value))}>
            {CAPACITIES.map((count) => (
              <option key={count}>{count}</option>
            ))}
          </select>
        </label>
        <Button
          kind={isReady ? 'plain' : 'primary'}
          disabled={current !== 'connected'}
          onClick={() => say(!isReady, capacity)}
        >
          {isReady ? 'Take a break' : 'Take chats'}
        </Button>
      </div>
      {error !== undefined && (
        <p className="form-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
