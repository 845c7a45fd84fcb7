import { ImError } from '@serverless-im/client';
import type { DeskQueue } from '@serverless-im/client/desk';
import { useConnection } from '@serverless-im/client/react';
import { useEffect, useState } from 'react';
import { useDeskIm } from './desk-client.ts';

const REFRESH_MS = 5_000;

/** A supervisor's view: how many wait, how long, and who is there. Nothing for others. */
export function Queues() {
  const im = useDeskIm();
  const { current } = useConnection(im);
  const [queues, setQueues] = useState<readonly DeskQueue[]>();
  useEffect(() => {
    if (current !== 'connected') return;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      im.agent.queues().then(
        (all) => {
          if (isOver) return;
          setQueues(all);
          timer = setTimeout(look, REFRESH_MS);
        },
        (error: unknown) => {
          // No supervisor: there is nothing to see, now or later.
          const isNone = error instanceof ImError && error.code === 'forbidden';
          if (isNone) setQueues(undefined);
          else if (!isOver) timer = setTimeout(look, REFRESH_MS);
        },
      );
    };
    look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [im, current]);
  if (queues === undefined) return null;
  return (
    <table className="desk-queues">
      <caption>Queues</caption>
      <thead>
        <tr>
          <th scope="col">Queue</th>
          <th scope="col">Waiting</th>
          <th scope="col">Longest</th>
          <th scope="col">Ready</th>
          <th scope="col">Away</th>
        </tr>
      </thead>
      <tbody>
        {queues.map(({ queue, waiting, longestWaitMs, agents }) => (
          <tr key={queue}>
            <th scope="row">{queue}</th>
            <td>{waiting}</td>
            <td>{waiting === 0 ? '–' : waitOf(longestWaitMs)}</td>
            <td>{agents.ready}</td>
            <td>{agents.away}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function waitOf(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}
