import type { Recorder } from '../measure/recorder.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import type { Socket } from '../stack/socket.ts';

export interface Bench {
  readonly stack: BenchStack;
  /** How often a scenario does its operations: their counts must be equal, their times are summed up. */
  readonly rounds: number;
  /** Sizes of what can be made smaller without changing a count: a storm of 1,000 costs per head what one of 100 does. */
  readonly scale: 'full' | 'small';
  readonly measure: Recorder['measure'];
  /** A user whom nobody has heard of; all ids have the same length, so that bytes are the same in every run. */
  user(): string;
}

export interface Scenario {
  /** For `--scenario`. */
  readonly name: string;
  /** In `--check` too: it is fast enough for every commit. */
  readonly isChecked: boolean;
  run(bench: Bench): Promise<void>;
}

let users = 0;
export function newUser(): string {
  users += 1;
  return `user-${String(users).padStart(7, '0')}`;
}

/** So long is a message unless told otherwise. Units go by 1 KB of item, of which keys and hash take some 300 bytes. */
const TEXT = 'x'.repeat(100);

let sends = 0;
/** A `sendMessage` frame with a new clientMsgId. */
export function sending(to: string, text = TEXT) {
  sends += 1;
  const target = to.includes(':') ? { conversationId: to } : { to };
  const clientMsgId = `message-${String(sends).padStart(7, '0')}`;
  return { action: 'sendMessage', clientMsgId, ...target, content: { type: 'text', text } };
}

/** Two users nobody has heard of, each with one open session. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly alice: Socket;
  readonly bob: Socket;
}

export async function joinPair(stack: Pick<BenchStack, 'join'>): Promise<Pair> {
  const [a, b] = [newUser(), newUser()];
  const [alice, bob] = [await stack.join(a), await stack.join(b)];
  return { a, b, alice, bob };
}

export function directId(a: string, b: string): string {
  return `dm:${[a, b].toSorted().join(':')}`;
}

/** Runs `count` tasks, some at once. */
export async function inParallel(
  count: number,
  atOnce: number,
  task: (n: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let n = next++; n < count; n = next++) await task(n);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}
