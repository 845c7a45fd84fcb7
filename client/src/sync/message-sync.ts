import type { Message } from '../../../protocol/frames.ts';
import type { Conversation } from '../../../protocol/http.ts';
import { ConversationSequencer, type SequencerPorts } from './conversation-sequencer.ts';

/** Histories read at the same time while catching up. */
const CONCURRENT_READS = 4;
/**
 * Messages sent this shortly before the first session of a fresh device may not be pushed to it: a message is delivered
 * up to 10 s after its `sentAt`, and clocks differ by up to 2 s.
 */
const RECENT_MS = 12_000;
/** The number of messages to check for that. */
const RECENT_MESSAGES = 50;

/**
 * Every incoming message passes through here, whether pushed, from the inbox, or from history. Each conversation has its
 * own sequencer.
 *
 * A fresh device begins at the heads of its first list of conversations: what is older is history, what is newer is
 * emitted.
 */
export class MessageSync {
  readonly #ports: SequencerPorts;
  readonly #sequencers = new Map<string, ConversationSequencer>();
  /** Pushes that came before the first inbox was drained: they wait, since the inbox is older. */
  #held: Message[] | null = [];
  /** Acks that came before the first list, when it wasn't known yet where their conversations begin. */
  #early: (readonly [conversationId: string, seq: number])[] | null = [];
  #isLive = false;
  #serverAheadMs: number | null = null;
  readonly #serverNowMs = (): number | null =>
    this.#serverAheadMs === null ? null : this.#ports.environment.nowMs() + this.#serverAheadMs;

  constructor(ports: SequencerPorts) {
    this.#ports = ports;
  }

  /** Whether all new messages are emitted from now on. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Sets the server's clock, by which the age of messages is judged. */
  setServerTime(epochMs: number): void {
    this.#serverAheadMs = epochMs - this.#ports.environment.nowMs();
  }

  /** Begins on a fresh device. `conversations`: the first list, read after `welcome`; `sinceMs`: the time of `welcome`. */
  async begin(conversations: readonly Conversation[], sinceMs: number): Promise<void> {
    const recent: Promise<void>[] = [];
    for (const { conversationId, head, lastMessage } of conversations) {
      const sequencer = this.#sequencer(conversationId, lastMessage?.seq ?? head);
      const fromMs = sinceMs - RECENT_MS;
      if (lastMessage !== null && lastMessage.sentAt >= fromMs)
        recent.push(this.#readRecent(sequencer, lastMessage, fromMs));
      sequencer.noteHead(head);
    }
    const early = this.#early ?? [];
    this.#early = null;
    // Before the pages arrive: they may contain these messages, which were already announced when they were written.
    for (const ack of early) this.settle(...ack);
    await Promise.all(recent);
    this.#isLive = true;
  }

  push(messages: readonly Message[]): void {
    if (this.#held === null) this.fromInbox(messages);
    else this.#held.push(...messages);
  }

  fromInbox(messages: readonly Message[]): void {
    for (const message of messages) this.#sequencer(message.conversationId, 0).accept([message]);
  }

  /** The inbox is drained: the pushes that waited for it follow. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.fromInbox(held);
  }

  /** A message sent by this device has this seq. */
  settle(conversationId: string, seq: number): void {
    if (this.#early === null) this.#sequencer(conversationId, 0).settle(seq);
    else this.#early.push([conversationId, seq]);
  }

  /** Reads from history what is missing here according to the heads (IM-HELLO-3). */
  async catchUp(conversations: readonly Conversation[]): Promise<void> {
    const behind: ConversationSequencer[] = [];
    for (const { conversationId, kind, head, lastMessage } of conversations) {
      // A group that is new here begins with its last message: what is older is history.
      const sequencer = this.#sequencer(conversationId, kind === 'group' ? (lastMessage?.seq ?? head) : 0);
      if (lastMessage !== null) sequencer.acceptLast(lastMessage);
      sequencer.noteHead(head);
      if (sequencer.isBehind) behind.push(sequencer);
    }
    const read = async (): Promise<void> => {
      for (let sequencer = behind.shift(); sequencer !== undefined; sequencer = behind.shift())
        await sequencer.catchUp();
    };
    await Promise.all(Array.from({ length: CONCURRENT_READS }, read));
  }

  /** Stops looking for holes until `resume`. */
  stop(): void {
    for (const sequencer of this.#sequencers.values()) sequencer.stop();
  }

  resume(): void {
    for (const sequencer of this.#sequencers.values()) sequencer.resume();
  }

  #sequencer(id: string, origin: number): ConversationSequencer {
    const sequencer =
      this.#sequencers.get(id) ?? new ConversationSequencer(id, origin, this.#ports, this.#serverNowMs);
    this.#sequencers.set(id, sequencer);
    return sequencer;
  }

  async #readRecent(
    sequencer: ConversationSequencer,
    { conversationId, seq }: Message,
    fromMs: number,
  ): Promise<void> {
    const range = { before: seq + 1, limit: RECENT_MESSAGES };
    const { messages } = await this.#ports.http.history(conversationId, range);
    sequencer.accept(messages.filter(({ sentAt }) => sentAt >= fromMs));
  }
}
