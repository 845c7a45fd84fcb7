import type { LivePush } from '../../../protocol/frames.ts';
import type { SentContent } from '../model/content.ts';
import { keyOf } from '../model/message.ts';
import type { Off } from '../support/emitter.ts';
import type { Cancel } from '../support/environment.ts';
import { ObservableValue } from '../support/observable-value.ts';
import type { Conversation } from './conversation.ts';

/** This long after its last frame, a text is forgotten (IM-LIVE-4). */
const FORGET_MS = 15_000;
/** Above every index: the message is there. */
const SENT = Number.POSITIVE_INFINITY;

/** A text that a user is writing. Immutable: a change creates a new object. */
export interface LiveText {
  /** The `key` of the message that it becomes. */
  readonly key: string;
  /** The `clientMsgId` of the message that it becomes. */
  readonly liveId: string;
  /** The author. */
  readonly from: string;
  /** Whether this user is the author, in another session. */
  readonly mine: boolean;
  /** The whole text so far. */
  readonly content: SentContent;
  /** When this client first saw it, in epoch milliseconds by the server's clock. */
  readonly startedAt: number;
}

interface Known {
  readonly index: number;
  /** Undefined once it is cancelled or sent. The entry stays, since older frames may still arrive. */
  readonly text: LiveText | undefined;
  readonly forget: Cancel;
}

/** The live texts of a conversation, while there is a subscriber. */
export class LiveTexts {
  readonly #conversation: Conversation;
  readonly #known = new Map<string, Known>();
  readonly #observable: ObservableValue<readonly LiveText[]>;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.#observable = new ObservableValue<readonly LiveText[]>(
      () => [...this.#known.values()].flatMap(({ text }) => text ?? []),
      conversation.ports.report,
    );
  }

  /** In the order in which they began. The same array until it changes. */
  get value(): readonly LiveText[] {
    return this.#observable.value;
  }

  /** Returns an unsubscribe function, which also clears the texts. */
  readonly subscribe = (listener: (texts: readonly LiveText[]) => void): Off => {
    const conversation = this.#conversation;
    const offs = [
      conversation.ports.events.on('frame', (frame) => this.#take(frame as LivePush)),
      conversation.on('message', ({ key }) => this.#put(key, SENT, undefined)),
      this.#observable.subscribe(listener),
    ];
    return () => {
      for (const off of offs) off();
      for (const { forget } of this.#known.values()) forget();
      this.#known.clear();
      this.#observable.changed();
    };
  };

  #take({ type, conversationId, from, liveId, index, content }: LivePush): void {
    const { state, ports } = this.#conversation;
    if (type !== 'live' || conversationId !== state.id) return;
    const mine = from === state.userId;
    const key = keyOf(liveId, mine ? undefined : from);
    const startedAt = this.#known.get(key)?.text?.startedAt ?? ports.clock.now();
    this.#put(key, index, content === null ? undefined : { key, liveId, from, mine, content, startedAt });
  }

  #put(key: string, index: number, text: LiveText | undefined): void {
    const before = this.#known.get(key);
    if (before !== undefined && index <= before.index) return;
    before?.forget();
    const forget = this.#conversation.ports.environment.after(FORGET_MS, () => {
      this.#known.delete(key);
      if (text !== undefined) this.#observable.changed();
    });
    this.#known.set(key, { index, text, forget });
    if (before?.text !== text) this.#observable.changed();
  }
}

/**
 * Calls `listener` with all live texts of the conversation at each change: those that other users, or this user elsewhere, are
 * writing with `liveText`. A text ends when its message arrives, when it is cancelled, or 15 s after its last frame. Returns an
 * unsubscribe function.
 *
 * A message has the `key` of its live text, so a list can show one in place of the other. While polling there are none.
 *
 * @example
 * const off = watchLive(conversation, (texts) => render(texts));
 * off();
 */
export function watchLive(conversation: Conversation, listener: (texts: readonly LiveText[]) => void): Off {
  return new LiveTexts(conversation).subscribe(listener);
}
