import type { Conversation, History, HistoryEvent, Outcome, Try } from './history.ts';

/** Records a history. */
export class Recorder {
  readonly #seed: number;
  readonly #conversations: Conversation[] = [];
  readonly #events: HistoryEvent[] = [];
  readonly #times: number[] = [];
  #tries = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The log index of the next event. */
  get now(): number {
    return this.#events.length;
  }

  get history(): History {
    return { seed: this.#seed, conversations: this.#conversations, events: this.#events, times: this.#times };
  }

  get conversations(): readonly Conversation[] {
    return this.#conversations;
  }

  addConversation(conversation: Conversation): void {
    this.#conversations.push(conversation);
  }

  add(event: HistoryEvent): void {
    this.#events.push(event);
    this.#times.push(Date.now());
  }

  note(text: string): void {
    this.add({ type: 'note', text });
  }

  /** Returns the id with which to settle the try. */
  begin(one: Omit<Try, 'type' | 'id'>): number {
    this.#tries += 1;
    this.add({ type: 'try', id: this.#tries, ...one });
    return this.#tries;
  }

  settle(id: number, outcome: Outcome): Outcome {
    this.add({ type: 'settled', id, outcome });
    return outcome;
  }
}
