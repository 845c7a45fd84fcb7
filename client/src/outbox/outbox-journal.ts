import type { ErrorBody } from '../../../protocol/frames.ts';
import type { SentContent } from '../model/content.ts';
import { RefusedError } from '../model/errors.ts';
import type { Target } from '../model/target.ts';
import type { Logger } from '../support/logger.ts';
import type { Journal, Outbox } from './outbox.ts';
import type { Destination, Draft, OutgoingMessage } from './outgoing-message.ts';
import type { StoreBackend } from './store-backend.ts';

/** Of the keys of unsent messages: an app's own backend may hold other keys, too. */
export const PREFIX = 'outbox/';

/** An unsent message in the store. */
export interface OutboxRecord {
  readonly target: Target;
  readonly clientMsgId: string;
  readonly content: SentContent;
  readonly writtenAtMs: number;
  /** Messages are sent in ascending order of this. */
  readonly order: number;
  /** The sender; null if the message was written before the user id was known. */
  readonly userId: string | null;
  /** The refusal, if the server has refused it. */
  readonly refused?: ErrorBody;
}

/** Runs a task after the earlier ones have ended, however they ended. Its result is the task's. */
export type InTurn = <Result>(task: () => Promise<Result>) => Promise<Result>;

export interface RestorePorts<Conversation extends Destination> {
  readonly outbox: Pick<Outbox, 'has' | 'restore'>;
  open(target: Target): Conversation;
  /** Creates the message and emits it. */
  compose(conversation: Conversation, draft: Draft): OutgoingMessage;
}

/** Keeps unsent messages in a store, so that they outlive the program. */
export class OutboxJournal implements Journal {
  readonly #store: StoreBackend;
  readonly #inTurn: InTurn;
  readonly #logger: Logger;
  #lastOrder = 0;
  #hasWarned = false;
  readonly #orders = new Map<OutgoingMessage, number>();

  constructor(store: StoreBackend, inTurn: InTurn, logger: Logger) {
    this.#store = store;
    this.#inTurn = inTurn;
    this.#logger = logger;
  }

  /**
   * Puts the messages that this user's earlier runs left into the outbox: unsent ones are sent, refused ones shown as
   * failed. Other users' entries stay in the store. Unreadable entries are logged and skipped.
   * @throws if the store can't be read
   */
  async restore<Conversation extends Destination>(
    userId: string,
    { outbox, open, compose }: RestorePorts<Conversation>,
  ): Promise<void> {
    const restored: (readonly [OutgoingMessage, RefusedError | undefined])[] = [];
    for (const record of await this.#load()) {
      if ((record.userId ?? userId) !== userId) continue;
      const conversation = open(record.target);
      if (outbox.has(conversation, record.clientMsgId)) continue;
      const message = compose(conversation, { ...record, isRepeat: true });
      this.#orders.set(message, record.order);
      restored.push([message, record.refused && new RefusedError(record.refused)]);
    }
    outbox.restore(restored);
  }

  /** In the order of writing. */
  async #load(): Promise<OutboxRecord[]> {
    const records: OutboxRecord[] = [];
    for (const [key, value] of await this.#store.entries())
      if (key.startsWith(PREFIX)) records.push(...this.#parse(value));
    records.sort((a, b) => a.order - b.order);
    this.#lastOrder = Math.max(this.#lastOrder, records.at(-1)?.order ?? 0);
    return records;
  }

  #parse(value: string): OutboxRecord[] {
    try {
      return [JSON.parse(value)];
    } catch {
      this.#logger.warn('could not read an unsent message in the store');
      return [];
    }
  }

  /** Stores a message to send, or one that was refused. */
  keep(message: OutgoingMessage, refusal?: RefusedError): void {
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
      ...(refusal && { refused: refusal.body }),
    };
    this.#write(() => this.#store.set(keyOf(message), JSON.stringify(record)));
  }

  forget(message: OutgoingMessage): void {
    this.#orders.delete(message);
    this.#write(() => this.#store.remove(keyOf(message)));
  }

  #write(task: () => Promise<void>): void {
    this.#inTurn(task).catch((error: unknown) => {
      if (!this.#hasWarned) this.#logger.warn('the store failed', { error });
      this.#hasWarned = true;
    });
  }
}

/** By the target as the message names it, since the id of a direct conversation may not be known yet. */
function keyOf({ destination: { target }, clientMsgId }: OutgoingMessage): string {
  const name = 'to' in target ? target.to : target.conversationId;
  return PREFIX + JSON.stringify([name, clientMsgId]);
}
