import type { TypingEvent } from '../model/events.ts';
import type { Cancel, Environment } from '../support/environment.ts';

/** Typing is told again every few seconds while it goes on; a teller that fell silent has stopped. */
const FORGET_MS = 6_000;

/** Who is typing in a conversation. */
export class Typists {
  readonly #environment: Pick<Environment, 'after'>;
  readonly #onChange: (event: TypingEvent) => void;
  readonly #forget = new Map<string, Cancel>();
  #users: readonly string[] = [];

  constructor(environment: Pick<Environment, 'after'>, onChange: (event: TypingEvent) => void) {
    this.#environment = environment;
    this.#onChange = onChange;
  }

  /** In the order in which they began; the same array until that changes. */
  get users(): readonly string[] {
    return this.#users;
  }

  hear(userId: string, typing: boolean): void {
    const was = this.#forget.get(userId);
    was?.();
    if (typing)
      this.#forget.set(
        userId,
        this.#environment.after(FORGET_MS, () => this.hear(userId, false)),
      );
    else this.#forget.delete(userId);
    if (typing === (was !== undefined)) return;
    this.#users = [...this.#forget.keys()];
    this.#onChange({ userId, typing, users: this.#users });
  }

  clear(): void {
    for (const userId of this.#users) this.hear(userId, false);
  }
}
