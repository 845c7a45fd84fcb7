import type { ErrorBody } from '../../protocol/frames.ts';
import type { SentContent } from './content.ts';
import { RefusedError } from './errors.ts';
import type { Target } from './frame.ts';
import type { Logger } from './logger.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import type { Store } from './store.ts';

const PREFIX = 'outbox/';

/** An unsent message as it is stored. */
export interface OutboxRecord {
  readonly target: Target;
  readonly clientMsgId: string;
  readonly content: SentContent;
  readonly writtenAtMs: number;
  /** Messages are sent in this order. */
  readonly order: number;
  /** Whose it is; null if it was written before that was known. */
  readonly userId: string | null;
  /** Why it was refused, if it was. */
  readonly refused?: ErrorBody;
}

/** Keeps unsent messages in a store, so that they outlive the program. */
export class OutboxJournal {
  readonly #store: Store;
  readonly #logger: Logger;
  #writing: Promise<void> = Promise.resolve();
  #lastOrder = 0;
  readonly #orders = new Map<OutgoingMessage, number>();

  constructor(store: Store, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** What an earlier run left, in the order of writing. Entries that can't be read are passed over. */
  async load(): Promise<OutboxRecord[]> {
    const records: OutboxRecord[] = [];
    for (const [key, value] of await this.#store.entries()) {
      if (!key.startsWith(PREFIX)) continue;
      try {
        records.push(JSON.parse(value));
      } catch {
        this.#logger.warn('an unsent message could not be read', { key });
      }
    }
    records.sort((a, b) => a.order - b.order);
    this.#lastOrder = Math.max(this.#lastOrder, records.at(-1)?.order ?? 0);
    return records;
  }

  /** The message is to be sent, or was refused. */
  keep(message: OutgoingMessage, error?: RefusedError): void {
    const { clientMsgId, content, writtenAtMs, destination } = message;
    const order = this.#orders.get(message) ?? Math.max(this.#lastOrder + 1, writtenAtMs);
    this.#lastOrder = Math.max(this.#lastOrder, order);
    this.#orders.set(message, order);
    const record: OutboxRecord = {
      target: destination.target,
      clientMsgId,
      content,
      writtenAtMs,
      order,
      userId: destination.userId ?? null,
      ...(error && { refused: error.body }),
    };
    this.#write(() => this.#store.set(PREFIX + clientMsgId, JSON.stringify(record)));
  }

  /** A message of an earlier run is taken over as it is. */
  adopt(message: OutgoingMessage, { order }: OutboxRecord): void {
    this.#orders.set(message, order);
  }

  forget(message: OutgoingMessage): void {
    this.#orders.delete(message);
    this.#write(() => this.#store.remove(PREFIX + message.clientMsgId));
  }

  #write(task: () => Promise<void>): void {
    this.#writing = this.#writing
      .then(task)
      .catch((error: unknown) => this.#logger.warn('the store failed', { error }));
  }
}

/** The reason of an earlier run. */
export function refusalIn({ refused }: OutboxRecord): RefusedError | undefined {
  return refused && new RefusedError(refused);
}
