import type { ErrorBody } from '../../../protocol/frames.ts';
import type { Place, Places } from '../conversations/conversation-state.ts';
import type { SentContent } from '../model/content.ts';
import { RefusedError } from '../model/errors.ts';
import type { Logger } from '../support/logger.ts';
import type { Target } from '../transport/frames.ts';
import type { Identity } from '../transport/identity.ts';
import type { Outbox } from './outbox.ts';
import type { Draft, OutgoingMessage } from './outgoing-message.ts';
import type { StoreBackend } from './store.ts';

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

export interface RestorePorts {
  readonly identity: Pick<Identity, 'userId'>;
  readonly places: Pick<Places, 'open'>;
  readonly outbox: Pick<Outbox, 'has' | 'restore'>;
  compose(place: Place, draft: Draft): OutgoingMessage;
}

/** Keeps unsent messages in a store, so that they outlive the program. */
export class OutboxJournal {
  readonly #store: StoreBackend;
  readonly #logger: Logger;
  #writing: Promise<void> = Promise.resolve();
  #lastOrder = 0;
  readonly #orders = new Map<OutgoingMessage, number>();

  constructor(store: StoreBackend, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /**
   * Has what an earlier run of this user left sent, or shown as failed. Entries of others stay theirs; what can't be read
   * is passed over.
   */
  async restore(ports: RestorePorts): Promise<void> {
    const { outbox, places } = ports;
    const { userId } = ports.identity;
    const restored: (readonly [OutgoingMessage, RefusedError | undefined])[] = [];
    for (const record of await this.#load()) {
      if ((record.userId ?? userId) !== userId || outbox.has(record.clientMsgId)) continue;
      const message = ports.compose(places.open(record.target), { ...record, isRepeat: true });
      this.#orders.set(message, record.order);
      restored.push([message, record.refused && new RefusedError(record.refused)]);
    }
    outbox.restore(restored);
  }

  /** In the order of writing. */
  async #load(): Promise<OutboxRecord[]> {
    const records: OutboxRecord[] = [];
    try {
      for (const [key, value] of await this.#store.entries())
        if (key.startsWith(PREFIX)) records.push(...this.#parse(value));
    } catch (error) {
      this.#logger.warn('the store could not be read', { error });
    }
    records.sort((a, b) => a.order - b.order);
    this.#lastOrder = Math.max(this.#lastOrder, records.at(-1)?.order ?? 0);
    return records;
  }

  #parse(value: string): OutboxRecord[] {
    try {
      return [JSON.parse(value)];
    } catch {
      this.#logger.warn('an unsent message in the store could not be read');
      return [];
    }
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
