import { recordOf } from '../json.ts';
import { listOf } from './request.ts';
import type { Answer } from './upstream.ts';

export type Message = Readonly<Record<string, unknown>>;

/** Decides on faults in a received batch. */
export interface RecordFaults {
  /** Called for each record. */
  duplicates(): 'duplicate' | 'duplicate-late' | undefined;
  /** Called once per batch. */
  isReordered(): boolean;
}

/** A record that arrived alone waits this long to be overtaken by a later one. */
const OVERTAKE_MS = 250;

/**
 * Receives from one queue and, like a standard queue, may deliver records twice and in any order. A kept record that
 * becomes available during a poll is delivered at once; the next receive then awaits the same poll, so that no record
 * is lost.
 */
export class QueueRelay {
  #kept: Message[] = [];
  /** Copies to deliver once their receipt handle is deleted. */
  readonly #late = new Map<string, Message>();
  readonly #overtaken: Promise<Answer>[] = [];
  #arrival = Promise.withResolvers<void>();

  /** @param poll receives from the emulator */
  async receive(maximum: number, faults: RecordFaults, poll: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      if (this.#kept.length > 0) return answerWith(this.#kept.splice(0, maximum));
      const polling = this.#overtaken.shift() ?? poll();
      const answer = await Promise.race([polling, this.#arrival.promise]);
      if (answer === undefined) {
        polling.catch(() => undefined);
        this.#overtaken.push(polling);
        continue;
      }
      const messages = messagesIn(answer);
      if (messages.length === 0) return answer;
      const delivered = this.#deliver(messages, faults);
      if (delivered.length > maximum) this.#keep(delivered.splice(maximum));
      if (delivered.length > 0) return answerWith(delivered, answer);
    }
  }

  /** The consumer has deleted these messages. */
  deleted(receiptHandles: readonly string[]): void {
    for (const handle of receiptHandles) {
      const copy = this.#late.get(handle);
      this.#late.delete(handle);
      if (copy) this.#keep([copy]);
    }
  }

  #deliver(messages: readonly Message[], faults: RecordFaults): Message[] {
    for (const message of messages) {
      const fault = faults.duplicates();
      if (fault === 'duplicate') this.#keep([receivedAgain(message)]);
      if (fault === 'duplicate-late')
        this.#late.set(String(message['ReceiptHandle']), receivedAgain(message));
    }
    if (!faults.isReordered()) return [...messages];
    const backwards = messages.toReversed();
    if (backwards.length > 1) {
      this.#keep(backwards.splice(Math.ceil(backwards.length / 2)));
      return backwards;
    }
    // Records of the next poll overtake it if they arrive soon.
    setTimeout(() => this.#keep(backwards), OVERTAKE_MS).unref();
    return [];
  }

  #keep(messages: readonly Message[]): void {
    this.#kept.push(...messages);
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
  }
}

export function receiptHandlesIn(input: unknown): readonly string[] {
  const { ReceiptHandle: one, Entries: entries } = recordOf(input);
  const handles = Array.isArray(entries) ? entries.map((entry) => recordOf(entry)['ReceiptHandle']) : [one];
  return handles.filter((handle) => typeof handle === 'string');
}

function messagesIn({ status, body }: Answer): readonly Message[] {
  if (status !== 200) return [];
  return listOf(recordOf(JSON.parse(body.toString()))['Messages']).map(recordOf);
}

function receivedAgain(message: Message): Message {
  const attributes = recordOf(message['Attributes']);
  const count = attributes['ApproximateReceiveCount'];
  if (count === undefined) return message;
  return { ...message, Attributes: { ...attributes, ApproximateReceiveCount: String(Number(count) + 1) } };
}

function answerWith(messages: readonly Message[], answer?: Answer): Answer {
  return {
    status: 200,
    headers: answer?.headers ?? ['content-type', 'application/x-amz-json-1.0'],
    body: Buffer.from(JSON.stringify({ Messages: messages })),
  };
}
