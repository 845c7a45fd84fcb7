import type { DeskQueue } from '@serverless-im/client/desk';

/** How many wait, how long, and who is there. */
export function Queues({ queues }: { readonly queues: readonly DeskQueue[] }) {
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
          <th scope="col">Offline</th>
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
            <td>{agents.offline}</td>
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
