import type { SupportQueue } from '@serverless-im/client/desk';

/** The number of waiting chats, the longest wait, and the agents by status. */
export function Queues({ queues }: { readonly queues: readonly SupportQueue[] }) {
  return (
    <section className="desk-queues" aria-label="Queues">
      <h3>Queues</h3>
      <ul>
        {queues.map(({ queue, waiting, longestWaitMs, agents }) => (
          <li key={queue}>
            <strong>{queue}</strong>
            <span className={waiting === 0 ? 'desk-queue-note' : undefined}>
              {waiting === 0 ? 'none waiting' : `${waiting} waiting, longest ${waitOf(longestWaitMs)}`}
            </span>
            <span className="desk-queue-note">
              Agents: {agents.ready} ready, {agents.away} away, {agents.offline} offline
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function waitOf(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}
