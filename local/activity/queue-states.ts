import { recordOf } from '../json.ts';
import type { QueueModel } from '../model.ts';

export interface QueueState {
  /** The queue's name. */
  readonly queue: string;
  /** Messages that nobody works at. */
  readonly waiting: number;
  readonly delayed: number;
  /** Messages that a worker has. */
  readonly inFlight: number;
  /** Age of the oldest message that is not delayed. @default - there is none */
  readonly oldestSeconds?: number;
}

/** Reads the queues of the stack from fauxqs, without receiving a message. @param endpoint of fauxqs */
export async function queueStates(endpoint: string, queues: readonly QueueModel[]): Promise<QueueState[]> {
  return Promise.all(queues.map(({ queueName }) => stateOf(endpoint, queueName)));
}

async function stateOf(endpoint: string, queue: string): Promise<QueueState> {
  const answer = await fetch(`${endpoint}/_fauxqs/queues/${encodeURIComponent(queue)}`);
  const { ready, delayed, inflight } = recordOf(recordOf(await answer.json())['messages']);
  const waiting = listOf(ready);
  const held = listOf(inflight).map((one) => recordOf(one)['message']);
  const sentMs = [...waiting, ...held].map((message) => Number(recordOf(message)['sentTimestamp']));
  return {
    ...{ queue, waiting: waiting.length, delayed: listOf(delayed).length, inFlight: held.length },
    ...(sentMs.length > 0 && { oldestSeconds: Math.max(0, (Date.now() - Math.min(...sentMs)) / 1000) }),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
