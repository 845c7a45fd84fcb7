import type { Recorder } from '../measure/recorder.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import type { Socket } from '../stack/socket.ts';

export interface Bench {
  readonly stack: BenchStack;
  /** How often a scenario runs its operations. Their counts must be equal; their times are averaged. */
  readonly rounds: number;
  /** `small` where a smaller run has the same counts: a storm costs as much a client with 100 as with 1,000. */
  readonly scale: 'full' | 'small';
  readonly measure: Recorder['measure'];
  /** A new user. All ids have the same length, so that bytes are the same in every run. */
  user(): string;
}

export interface Scenario {
  /** For `--scenario`. */
  readonly name: string;
  /** Whether it is fast enough for `--check`. */
  readonly isChecked: boolean;
  run(bench: Bench): Promise<void>;
}

let users = 0;
export function newUser(): string {
  users += 1;
  return `user-${String(users).padStart(7, '0')}`;
}

/** The usual message. A write unit is 1 KB of an item, of which keys and hash take some 300 bytes. */
const TEXT = 'x'.repeat(100);

let sends = 0;
/** A `sendMessage` frame with a new clientMsgId. */
export function sending(to: string, text = TEXT) {
  sends += 1;
  const target = to.includes(':') ? { conversationId: to } : { to };
  const clientMsgId = `message-${String(sends).padStart(7, '0')}`;
  return { action: 'sendMessage', clientMsgId, ...target, content: { type: 'text', text } };
}

/** Two new users with one open session each. */
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

/** Runs `count` tasks, at most `atOnce` at a time. */
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
