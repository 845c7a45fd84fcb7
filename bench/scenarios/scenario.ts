import type { Recorder } from '../measure/recorder.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import type { Socket } from '../stack/socket.ts';

export interface Bench {
  readonly stack: BenchStack;
  /** How often a scenario repeats its operations. Counts must be equal; times are averaged. */
  readonly rounds: number;
  /** `small` uses fewer clients if the counts stay the same: a storm costs as much per client with 100 as with 1,000. */
  readonly scale: 'full' | 'small';
  readonly measure: Recorder['measure'];
  /** A new user id. All have the same length, so that byte counts are repeatable. */
  user(): string;
}

export interface Scenario {
  /** The name to pass to `--scenario`. */
  readonly name: string;
  /** Whether it is fast enough for `--check`. */
  readonly isChecked: boolean;
  /** Options of the deployment that it needs, as CDK context. @default - none: the stack that all others share */
  readonly context?: Readonly<Record<string, string>>;
  run(bench: Bench): Promise<void>;
}

let users = 0;
export function newUser(): string {
  users += 1;
  return `user-${String(users).padStart(7, '0')}`;
}

/** Content of a typical message. A write unit covers 1 KB of an item, and keys and hash take some 300 bytes of it. */
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

/** Messages before the first round, so that the seqs of all rounds have two digits, and the same number of bytes. */
export async function sendTen(from: Socket, to: string): Promise<void> {
  for (let sent = 0; sent < 10; sent += 1) await from.request(sending(to));
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
