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
            <span className="desk-queue-note">{agentsOf(agents)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function agentsOf({ ready, away, offline }: SupportQueue['agents']): string {
  // The counts leave out agents who have never taken chats.
  if (ready + away + offline === 0) return 'No agent has taken chats yet';
  return `Agents: ${ready} ready, ${away} away, ${offline} offline`;
}

function waitOf(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}
