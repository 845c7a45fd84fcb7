import type { UserPresence } from '../../../protocol/frames.ts';
import type { Client } from '../api/client.ts';
import type { Off } from '../support/emitter.ts';

const books = new WeakMap<Client, PresenceBook>();

export function presenceBookOf(im: Client, intervalMs: number): PresenceBook {
  const book = books.get(im) ?? new PresenceBook(im, intervalMs);
  books.set(im, book);
  return book;
}

/**
 * Requests the presence of all users that components watch: at once for a new user, then at intervals, and when a user
 * last seen as offline sends a message.
 */
export class PresenceBook {
  readonly #im: Client;
  readonly #intervalMs: number;
  readonly #watchers = new Map<string, Set<() => void>>();
  readonly #known = new Map<string, UserPresence>();
  #stop: (() => void) | undefined;
  #isAsking = false;

  constructor(im: Client, intervalMs: number) {
    this.#im = im;
    this.#intervalMs = intervalMs;
  }

  of(userId: string): UserPresence | undefined {
    return this.#known.get(userId);
  }

  watch(userId: string, onChange: () => void): Off {
    const watchers = this.#watchers.get(userId) ?? new Set();
    this.#watchers.set(userId, watchers);
    watchers.add(onChange);
    this.#stop ??= this.#start();
    if (!this.#known.has(userId)) this.#askSoon();
    return () => {
      watchers.delete(onChange);
      if (watchers.size === 0 && this.#watchers.get(userId) === watchers) this.#watchers.delete(userId);
      if (this.#watchers.size > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  }

  #start(): () => void {
    const timer = setInterval(() => this.#askSoon(), this.#intervalMs);
    const offs = [
      this.#im.on('connection', ({ current }) => {
        if (current === 'connected') this.#askSoon();
      }),
      this.#im.on('message', ({ from = '', mine }) => {
        if (!mine && this.#watchers.has(from) && this.#known.get(from)?.online === false) this.#askSoon();
      }),
    ];
    return () => {
      clearInterval(timer);
      for (const off of offs) off();
    };
  }

  /** Makes one request for all calls in the same microtask. */
  #askSoon(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    queueMicrotask(() => {
      this.#isAsking = false;
      const userIds = [...this.#watchers.keys()];
      if (userIds.length === 0 || this.#im.state !== 'connected') return;
      this.#im.presence(userIds).then(
        (users) => this.#learn(users),
        // The next interval or connection asks again.
        () => {},
      );
    });
  }

  #learn(users: readonly UserPresence[]): void {
    for (const user of users) {
      const known = this.#known.get(user.userId);
      if (known?.online === user.online && known.lastSeenAt === user.lastSeenAt) continue;
      this.#known.set(user.userId, user);
      for (const onChange of [...(this.#watchers.get(user.userId) ?? [])]) onChange();
    }
  }
}
