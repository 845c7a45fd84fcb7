import type { Message } from '../../../protocol/frames.ts';
import type { Conversation } from '../../../protocol/http.ts';
import { Lane, type LanePorts } from './conversation-sequencer.ts';

/** Histories read at the same time while catching up. */
const CONCURRENT_READS = 4;
/**
 * What was sent this shortly before a fresh device's first session may have passed by that session: a message takes up
 * to 10 s from its time to its delivery, and clocks differ by 2 s.
 */
const RECENT_MS = 12_000;
/** Messages looked at for that. */
const RECENT_MESSAGES = 50;

/**
 * The one place that every incoming message goes through, whether pushed, from the inbox, or from history: one lane a
 * conversation.
 *
 * A fresh device begins at the heads of its first list of conversations: what was before its first session is history,
 * what comes later is fed.
 */
export class Feed {
  readonly #ports: LanePorts;
  readonly #lanes = new Map<string, Lane>();
  /** Pushes that came before the first inbox was drained: older messages go first. */
  #held: Message[] | null = [];
  /** Acks that came before it was known where their conversations begin. */
  #early: (readonly [conversationId: string, seq: number])[] | null = [];
  #hasBegun = false;
  #serverAheadMs: number | null = null;
  readonly #serverNowMs = (): number | null =>
    this.#serverAheadMs === null ? null : this.#ports.environment.nowMs() + this.#serverAheadMs;

  constructor(ports: LanePorts) {
    this.#ports = ports;
  }

  /** Whether everything new is fed from now on. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** The server's clock, for the age of messages. */
  setServerTime(epochMs: number): void {
    this.#serverAheadMs = epochMs - this.#ports.environment.nowMs();
  }

  /** The first list of a fresh device, read after `welcome`, whose time is `sinceMs`. */
  async begin(conversations: readonly Conversation[], sinceMs: number): Promise<void> {
    const recent: Promise<void>[] = [];
    for (const { conversationId, head, lastMessage } of conversations) {
      const lane = this.#lane(conversationId, lastMessage?.seq ?? head);
      const fromMs = sinceMs - RECENT_MS;
      if (lastMessage !== null && lastMessage.sentAt >= fromMs)
        recent.push(this.#readRecent(lane, lastMessage, fromMs));
      lane.noteHead(head);
    }
    const early = this.#early ?? [];
    this.#early = null;
    // Before what is read comes: their messages may be in it, and were heard of when they were written.
    for (const ack of early) this.settle(...ack);
    await Promise.all(recent);
    this.#hasBegun = true;
  }

  push(messages: readonly Message[]): void {
    if (this.#held === null) this.fromInbox(messages);
    else this.#held.push(...messages);
  }

  fromInbox(messages: readonly Message[]): void {
    for (const message of messages) this.#lane(message.conversationId, 0).accept([message]);
  }

  /** The inbox is drained. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.fromInbox(held);
  }

  /** A message that this device sent has this seq. */
  settle(conversationId: string, seq: number): void {
    if (this.#early === null) this.#lane(conversationId, 0).settle(seq);
    else this.#early.push([conversationId, seq]);
  }

  /** Reads from history whatever the heads show to be missing here (IM-HELLO-3). */
  async catchUp(conversations: readonly Conversation[]): Promise<void> {
    const behind: Lane[] = [];
    for (const { conversationId, kind, head, lastMessage } of conversations) {
      // A group that comes into being here begins with what there is: the rest is history.
      const lane = this.#lane(conversationId, kind === 'group' ? (lastMessage?.seq ?? head) : 0);
      if (lastMessage !== null) lane.acceptLast(lastMessage);
      lane.noteHead(head);
      if (lane.isBehind) behind.push(lane);
    }
    const read = async (): Promise<void> => {
      for (let lane = behind.shift(); lane !== undefined; lane = behind.shift()) await lane.catchUp();
    };
    await Promise.all(Array.from({ length: CONCURRENT_READS }, read));
  }

  /** No more looking for holes, until `resume`. */
  stop(): void {
    for (const lane of this.#lanes.values()) lane.stop();
  }

  resume(): void {
    for (const lane of this.#lanes.values()) lane.resume();
  }

  #lane(id: string, origin: number): Lane {
    const lane = this.#lanes.get(id) ?? new Lane(id, origin, this.#ports, this.#serverNowMs);
    this.#lanes.set(id, lane);
    return lane;
  }

  async #readRecent(lane: Lane, { conversationId, seq }: Message, fromMs: number): Promise<void> {
    const range = { before: seq + 1, limit: RECENT_MESSAGES };
    const { messages } = await this.#ports.http.history(conversationId, range);
    lane.accept(messages.filter(({ sentAt }) => sentAt >= fromMs));
  }
}
