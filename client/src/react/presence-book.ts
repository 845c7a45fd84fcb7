import type { UserPresence } from '../../../protocol/frames.ts';
import { USER_ID } from '../../../protocol/ids.ts';
import type { Client } from '../api/client.ts';
import type { Off } from '../support/emitter.ts';
import type { Cancel } from '../support/environment.ts';
import { isHidden, onFocus } from './page.ts';

/** The server's answer may be as of a second before: one that was requested this soon after a sign doesn't undo it. */
const STALE_MS = 2_000;
/** A newer answer is not requested again: several rows and the window's events ask at about the same time. */
const FRESH_MS = 2_000;
/** A message older than this was stored for this client meanwhile, so its sender may have left. */
const RECENT_MS = 10_000;

interface Entry {
  readonly userId: string;
  readonly watchers: Set<() => void>;
  presence: UserPresence | undefined;
  askedAtMs: number;
  /** The user's last sign: a message, a receipt, typing. */
  heardAtMs: number;
}

const NEVER = Number.NEGATIVE_INFINITY;

const books = new WeakMap<Client, PresenceBook>();

export function presenceBookOf(im: Client, intervalMs: number): PresenceBook {
  const book = books.get(im) ?? new PresenceBook(im, intervalMs);
  books.set(im, book);
  return book;
}

/**
 * Holds the presence of all users that components watch. Any sign of a user shows them as online, without a request. It
 * asks for one user when a component starts to watch them, for all when the page gets the focus or is connected again,
 * and at intervals while the page is visible.
 */
export class PresenceBook {
  readonly #im: Client;
  readonly #intervalMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #wanted = new Set<Entry>();
  #stop: Cancel | undefined;

  constructor(im: Client, intervalMs: number) {
    this.#im = im;
    this.#intervalMs = intervalMs;
  }

  of(userId: string): UserPresence | undefined {
    return this.#entries.get(userId)?.presence;
  }

  watch(userId: string, onChange: () => void): Off {
    // The sender of the operator's messages is no user: the server would refuse the presence of the others, too.
    if (!USER_ID.test(userId)) return () => {};
    const entry = this.#entries.get(userId) ?? newEntry(userId);
    this.#entries.set(userId, entry);
    entry.watchers.add(onChange);
    this.#stop ??= this.#start();
    this.#ask([entry]);
    return () => {
      entry.watchers.delete(onChange);
      if (this.#watched().length > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  }

  #start(): Cancel {
    const im = this.#im;
    const { environment } = im.engine;
    const askAll = (): void => this.#ask(this.#watched());
    const tick = (): void => {
      askAll();
      cancel = environment.after(this.#intervalMs, tick);
    };
    let cancel = environment.after(this.#intervalMs, tick);
    const offs = [
      im.on('connection', askAll),
      im.on('activity', ({ userId }) => this.#heard(userId)),
      im.on('message', ({ from = '', mine, sentAt }) => {
        if (!mine && im.serverNowMs() - sentAt < RECENT_MS) this.#heard(from);
      }),
      environment.onWake(askAll, () => {}),
      onFocus(askAll),
    ];
    return () => {
      cancel();
      for (const off of offs) off();
    };
  }

  #watched(): Entry[] {
    return [...this.#entries.values()].filter(({ watchers }) => watchers.size > 0);
  }

  #heard(userId: string): void {
    const entry = this.#entries.get(userId);
    if (entry === undefined) return;
    entry.heardAtMs = this.#nowMs();
    if (entry.presence?.online !== true)
      learn(entry, { userId, online: true, lastSeenAt: this.#im.serverNowMs() });
  }

  /** Makes one request for all calls in the same microtask. */
  #ask(entries: readonly Entry[]): void {
    if (this.#wanted.size === 0) queueMicrotask(() => this.#request());
    for (const entry of entries) this.#wanted.add(entry);
  }

  #request(): void {
    const nowMs = this.#nowMs();
    const freshMs = Math.min(FRESH_MS, this.#intervalMs / 2);
    const due = [...this.#wanted].filter(({ askedAtMs }) => nowMs - askedAtMs >= freshMs);
    this.#wanted.clear();
    if (due.length === 0 || this.#im.state !== 'connected' || isHidden()) return;
    for (const entry of due) entry.askedAtMs = nowMs;
    this.#im.presence(due.map(({ userId }) => userId)).then(
      (users) => {
        for (const user of users) this.#answered(user, nowMs);
      },
      // The next interval or connection asks again.
      () => {
        for (const entry of due) entry.askedAtMs = NEVER;
      },
    );
  }

  #answered(user: UserPresence, askedAtMs: number): void {
    const entry = this.#entries.get(user.userId);
    if (entry === undefined || (!user.online && askedAtMs < entry.heardAtMs + STALE_MS)) return;
    const { presence } = entry;
    if (presence?.online !== user.online || presence.lastSeenAt !== user.lastSeenAt) learn(entry, user);
  }

  #nowMs(): number {
    return this.#im.engine.environment.nowMs();
  }
}

function newEntry(userId: string): Entry {
  return { userId, watchers: new Set(), presence: undefined, askedAtMs: NEVER, heardAtMs: NEVER };
}

function learn(entry: Entry, presence: UserPresence): void {
  entry.presence = presence;
  for (const onChange of [...entry.watchers]) onChange();
}
