import type { ErrorBody } from '../../../protocol/frames.ts';
import { OutgoingFiles } from '../files/outgoing-files.ts';
import { type ImError, RefusedError } from '../model/errors.ts';
import type { Target } from '../model/target.ts';
import type { Environment } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import { withTimeout } from '../transport/timeout.ts';
import { type FilesRecord, fileKeys, fits, keepFiles, recordOf, restoreFiles } from './kept-files.ts';
import type { Journal, Outbox } from './outbox.ts';
import type { Destination, Draft, OutgoingMessage, Said } from './outgoing-message.ts';
import type { StoreBackend } from './store-backend.ts';

/** Prefix of the keys of unsent messages: an app's own backend may hold other keys, too. */
export const PREFIX = 'outbox/';

/** An unsent message in the store. */
export interface OutboxRecord extends Said {
  readonly target: Target;
  readonly writtenAtMs: number;
  /** Messages are shown and sent in ascending order of this. */
  readonly order: number;
  /** The sender; null if the message was written before the user id was known. */
  readonly userId: string | null;
  /** The refusal, if the server has refused it. */
  readonly refused?: ErrorBody | undefined;
  readonly files?: FilesRecord;
}

/** A record, with its files and the reason why they can't be sent any more. */
interface Restored {
  readonly record: OutboxRecord;
  readonly files?: OutgoingFiles;
  readonly flaw?: ImError | undefined;
}

type Write = () => Promise<void>;

/** Runs a task after the earlier ones have ended, however they ended. Its result is the task's. */
export type InTurn = <Result>(task: () => Promise<Result>) => Promise<Result>;

export interface JournalPorts {
  readonly environment: Pick<Environment, 'after'>;
  readonly logger: Logger;
  readonly outbox: Pick<Outbox, 'has' | 'restore' | 'withdraw'>;
  readonly states: { open(target: Target): Destination };
  /** Creates the message and emits it. */
  compose(target: Target, draft: Draft): OutgoingMessage;
  /** Emits that the message is gone. */
  withdrawn(message: OutgoingMessage): void;
}

/** How long a connection, an event, or a new message waits for the store. */
const STORE_TIMEOUT_MS = 2_000;

/** Keeps unsent messages in a store, so that they outlive the program. */
export class OutboxJournal implements Journal {
  readonly #store: StoreBackend;
  readonly #inTurn: InTurn;
  readonly #ports: () => JournalPorts;
  readonly #warned = new Set<string>();
  /** The highest order in the store, as far as this client knows. */
  #lastOrder = 0;
  /** Of the messages to send; 0: none yet. */
  readonly #orders = new Map<OutgoingMessage, number>();
  /** The users who wrote the restored messages. */
  readonly #authors = new Map<OutgoingMessage, string>();
  /** Whether the store has the bytes of a message's files. */
  readonly #keptFiles = new WeakMap<OutgoingMessage, boolean>();
  /** By key, the last write, until it is done. One that fails is repeated only if it is still the last. */
  readonly #writes = new Map<string, Write>();
  readonly #failed = new WeakSet<Write>();
  #restoring: Promise<void> | undefined;
  #isRestored = false;
  /** Events about messages of this run, while those of earlier runs are being read. */
  #waiting: (() => void)[] | undefined = [];

  /** `ports` is called only later, since the outbox needs the journal, too. */
  constructor(store: StoreBackend, inTurn: InTurn, ports: () => JournalPorts) {
    this.#store = store;
    this.#inTurn = inTurn;
    this.#ports = ports;
  }

  /**
   * Puts the messages that earlier runs left into the outbox, once: unsent ones are sent, refused ones shown as failed.
   * Before the user is known, all of them are taken for this user's; a call after that drops others' messages here, not
   * in the store. Unreadable entries are logged and skipped.
   *
   * Resolves after 2 s at the latest, and never rejects: messages of a slow store come later, and after a failure the next
   * call tries again. It also repeats failed writes: a message that was sent, but stayed in the store, would be sent again by
   * a later run, in days.
   */
  async restore(): Promise<void> {
    for (const [key, write] of this.#writes) if (this.#failed.delete(write)) this.#write(key, write);
    // An earlier client of this store may still be writing: wait for that first.
    await this.#restored(this.#inTurn(async () => {}));
    for (const [message, author] of this.#authors) {
      if ((message.from ?? author) === author) continue;
      this.#authors.delete(message);
      const ports = this.#ports();
      ports.outbox.withdraw(message);
      ports.withdrawn(message);
    }
  }

  /** Runs the task once the messages of earlier runs, which are older, have been emitted; at once if they have been. */
  afterRestored(task: () => void): void {
    void this.restore();
    if (this.#waiting === undefined) task();
    else this.#waiting.push(task);
  }

  #restored(ready: Promise<void>): Promise<void> {
    this.#restoring ??= this.#restore(ready);
    return this.#restoring;
  }

  async #restore(ready: Promise<void>): Promise<void> {
    const reading = ready
      .then(() => this.#load())
      .then((records) => Promise.all(records.map((record) => this.#withFiles(record))))
      .then(
        (records) => this.#emit(() => this.#put(records)),
        (error: unknown) => {
          this.#restoring = undefined;
          throw error;
        },
      );
    try {
      await this.#inTime(reading);
    } catch (error) {
      this.#warn('could not read unsent messages from the store yet', error);
      this.#emit();
    }
  }

  /** Ends the wait of the events: `first`, then those that waited. */
  #emit(first?: () => void): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    first?.();
    for (const task of waiting) task();
  }

  #put(found: readonly Restored[]): void {
    const { compose, outbox, states } = this.#ports();
    this.#isRestored = true;
    const restored: (readonly [OutgoingMessage, ImError | undefined])[] = [];
    for (const { record, files, flaw } of found) {
      const { target, clientMsgId, content, replyTo, mentions, writtenAtMs, order, refused, userId } = record;
      const destination = states.open(target);
      const author = userId ?? destination.userId;
      if (author !== (destination.userId ?? author) || outbox.has(destination, clientMsgId)) continue;
      const said = { clientMsgId, content, replyTo, mentions };
      // A message whose files are not uploaded was never sent.
      const isRepeat = files === undefined || files.ids !== undefined;
      const message = compose(target, { said, writtenAtMs, isRepeat, ...(files && { files }) });
      if (record.files !== undefined) this.#keptFiles.set(message, record.files.isKept);
      this.#orders.set(message, order);
      if (userId !== null) this.#authors.set(message, userId);
      restored.push([message, refused === undefined ? flaw : new RefusedError(refused)]);
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
      const record: OutboxRecord = JSON.parse(value);
      if (record.target && record.content && record.clientMsgId) return [record];
    } catch {}
    this.#ports().logger.warn('could not read an unsent message in the store');
    return [];
  }

  /** Stores a message to send, or one that was refused. */
  keep(message: OutgoingMessage, refusal?: RefusedError): void {
    const { said, writtenAtMs, destination, files } = message;
    if (!this.#orders.has(message)) this.#orders.set(message, 0);
    const key = keyOf(message);
    this.#write(key, async () => {
      if (this.#orders.get(message) === 0) await this.#order(writtenAtMs);
      const order = this.#orders.get(message);
      // Forgotten meanwhile.
      if (order === undefined) return;
      const wasKept = this.#keptFiles.get(message);
      const isKept = wasKept ?? (files !== undefined && (await this.#fits(message, files)));
      const record: OutboxRecord = {
        ...said,
        target: destination.target,
        writtenAtMs,
        order,
        userId: this.#authors.get(message) ?? destination.userId ?? null,
        refused: refusal?.body,
        ...(files && { files: recordOf(files, isKept) }),
      };
      await this.#store.set(key, JSON.stringify(record));
      if (files && isKept && !wasKept) await keepFiles(this.#store, key, files.draft);
      this.#keptFiles.set(message, isKept);
    });
  }

  /**
   * Orders new messages after all stored ones; another tab may have stored some meanwhile. Does not use the clock, which may
   * jump, unless the store could never be read.
   */
  async #order(nowMs: number): Promise<void> {
    if (this.#isRestored) await this.#inTime(this.#load()).catch(() => {});
    else await this.#restored(Promise.resolve());
    if (!this.#isRestored) this.#lastOrder = Math.max(this.#lastOrder, nowMs);
    for (const [message, order] of this.#orders) {
      if (order !== 0) continue;
      this.#lastOrder += 1;
      this.#orders.set(message, this.#lastOrder);
    }
  }

  forget(message: OutgoingMessage): void {
    this.#authors.delete(message);
    this.#orders.delete(message);
    const key = keyOf(message);
    this.#write(key, async () => {
      // The record comes last, since it says what else there is.
      for (const file of message.files ? fileKeys(key, message.files.draft) : [])
        await this.#store.remove(file);
      await this.#store.remove(key);
    });
  }

  async #fits({ clientMsgId }: OutgoingMessage, { draft }: OutgoingFiles): Promise<boolean> {
    if (this.#store.setFile === undefined) return false;
    const stored = await this.#load();
    return fits(
      draft,
      stored.filter((record) => record.clientMsgId !== clientMsgId),
    );
  }

  async #withFiles(record: OutboxRecord): Promise<Restored> {
    if (record.files === undefined) return { record };
    const key = keyOf({ destination: record, clientMsgId: record.clientMsgId });
    const [draft, flaw] = await restoreFiles(this.#store, key, record.files);
    return { record, files: new OutgoingFiles(record.clientMsgId, draft, record.files.ids), flaw };
  }

  #write(key: string, write: Write): void {
    this.#writes.set(key, write);
    this.#inTurn(write).then(
      () => this.#writes.get(key) === write && this.#writes.delete(key),
      (error: unknown) => {
        this.#failed.add(write);
        this.#warn('the store failed', error);
      },
    );
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    return withTimeout(this.#ports().environment, work, 'the store', STORE_TIMEOUT_MS);
  }

  /** Logs each message once. */
  #warn(message: string, error: unknown): void {
    if (!this.#warned.has(message)) this.#ports().logger.warn(message, { error });
    this.#warned.add(message);
  }
}

interface Named {
  readonly destination: { readonly target: Target };
  readonly clientMsgId: string;
}

/** The keys of a message in the store: its own, and those of its files. */
export function keysOfEntry(key: string, value: string): string[] {
  try {
    const { files }: Partial<OutboxRecord> = JSON.parse(value);
    return [...(files ? fileKeys(key, files) : []), key];
  } catch {
    return [key];
  }
}

/** By the target as the message names it, since the id of a direct conversation may not be known yet. */
function keyOf({ destination: { target }, clientMsgId }: Named): string {
  const name = 'to' in target ? target.to : target.conversationId;
  return PREFIX + JSON.stringify([name, clientMsgId]);
}
