import type { TypingEvent } from '../model/events.ts';
import type { Cancel, Environment } from '../support/environment.ts';

/** Clients repeat the notification every few seconds. After this time without one, the user has stopped. */
const FORGET_MS = 6_000;
/** One that comes this shortly after its user's message was sent before it: nobody writes on so soon. */
const OVERTAKEN_MS = 500;

/** The users who are typing in a conversation. */
export class TypingUsers {
  readonly #environment: Pick<Environment, 'after' | 'nowMs'>;
  readonly #onChange: (event: TypingEvent) => void;
  readonly #cancels = new Map<string, Cancel>();
  readonly #overtakenUntilMs = new Map<string, number>();
  #users: readonly string[] = [];

  constructor(environment: Pick<Environment, 'after' | 'nowMs'>, onChange: (event: TypingEvent) => void) {
    this.#environment = environment;
    this.#onChange = onChange;
  }

  /** In the order they started. The same array until it changes. */
  get users(): readonly string[] {
    return this.#users;
  }

  /** A message of this user arrived. */
  wrote(userId: string): void {
    this.set(userId, false);
    this.#overtakenUntilMs.set(userId, this.#environment.nowMs() + OVERTAKEN_MS);
  }

  set(userId: string, typing: boolean): void {
    if (typing && this.#environment.nowMs() < (this.#overtakenUntilMs.get(userId) ?? 0)) return;
    const cancel = this.#cancels.get(userId);
    cancel?.();
    if (typing)
      this.#cancels.set(
        userId,
        this.#environment.after(FORGET_MS, () => this.set(userId, false)),
      );
    else this.#cancels.delete(userId);
    if (typing === (cancel !== undefined)) return;
    this.#users = [...this.#cancels.keys()];
    this.#onChange({ userId, typing, users: this.#users });
  }

  clear(): void {
    for (const userId of this.#users) this.set(userId, false);
  }
}
