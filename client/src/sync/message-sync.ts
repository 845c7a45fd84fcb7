import type { Message } from '../../../protocol/frames.ts';
import type { Conversation } from '../../../protocol/http.ts';
import { ConversationSequencer, type SequencerPorts } from './conversation-sequencer.ts';

/** The number of conversations read at a time while catching up. */
const CONCURRENT_READS = 4;
/**
 * A message sent this shortly before a new device's first session may miss it: delivery takes up to 10 s after
 * `sentAt`, and clocks differ by up to 2 s.
 */
const RECENT_MS = 12_000;
/** The number of messages checked for that. */
const RECENT_MESSAGES = 50;

/**
 * Every incoming message passes through here: pushed, from the inbox, or from history. Each conversation has its own
 * sequencer.
 *
 * A new device starts at the heads of its first list of conversations: older messages are history, newer ones are
 * emitted.
 */
export class MessageSync {
  readonly #ports: SequencerPorts;
  readonly #sequencers = new Map<string, ConversationSequencer>();
  /** Pushes that arrived before the inbox was drained. They wait, since it is older, and so is the list. */
  #held: Message[] | null = [];
  /** Acks that arrived before the first list, which decides where each conversation starts. */
  #early: (readonly [conversationId: string, seq: number])[] | null = [];
  #isLive = false;

  constructor(ports: SequencerPorts) {
    this.#ports = ports;
  }

  /** Whether every new message is emitted from now on. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /**
   * Starts on a new device. `conversations`: the first list, read after `welcome`; `sinceMs`: the time of `welcome`.
   */
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
    // Before the pages arrive: they may contain these messages, which were already emitted when they were written.
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

  /** Lets the waiting pushes through, once the inbox is drained. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.fromInbox(held);
  }

  /** Marks the seq of a message that this device sent as known. */
  settle(conversationId: string, seq: number): void {
    if (this.#early === null) this.#sequencer(conversationId, 0).settle(seq);
    else this.#early.push([conversationId, seq]);
  }

  /** Reads from history what this device lacks below the heads (IM-HELLO-3). */
  async catchUp(conversations: readonly Conversation[]): Promise<void> {
    const behind: ConversationSequencer[] = [];
    for (const { conversationId, kind, head, lastMessage } of conversations) {
      // A group that is new here starts with its last message: older ones are history.
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

  /** Stops looking for missing messages until `resume`. */
  stop(): void {
    for (const sequencer of this.#sequencers.values()) sequencer.stop();
  }

  /** A session begins: its pushes wait until `release`. */
  resume(): void {
    this.#held ??= [];
    for (const sequencer of this.#sequencers.values()) sequencer.resume();
  }

  #sequencer(id: string, origin: number): ConversationSequencer {
    const sequencer = this.#sequencers.get(id) ?? new ConversationSequencer(id, origin, this.#ports);
    this.#sequencers.set(id, sequencer);
    return sequencer;
  }

  async #readRecent(sequencer: ConversationSequencer, { seq }: Message, fromMs: number): Promise<void> {
    const range = { before: seq + 1, limit: RECENT_MESSAGES };
    const { messages } = await sequencer.page(range);
    sequencer.accept(messages.filter(({ sentAt }) => sentAt >= fromMs));
  }
}
