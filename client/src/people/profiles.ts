import { USER_ID } from '../../../protocol/ids.ts';
import type { Profile, ProfilesBody } from '../../../protocol/people.ts';
import { toImError } from '../model/errors.ts';
import type { ClientEvents } from '../model/events.ts';
import { PROFILES_PER_REQUEST } from '../model/limits.ts';
import { Deferred } from '../support/deferred.ts';
import type { Emitter } from '../support/emitter.ts';
import type { Environment } from '../support/environment.ts';
import { type HttpApi, queryString } from '../transport/http-api.ts';

/** A profile that was asked for longer ago is read again. */
const FRESH_MS = 600_000;
/** Above this number, the ones asked for the longest time ago are forgotten. Each has up to 2 KB. */
const KEPT = 2_000;

interface Entry {
  readonly askedAtMs: number;
  readonly answer: Deferred<Profile | null>;
  /** Until the answer arrives, the one from before. */
  known: Profile | null | undefined;
}

export interface ProfilesPorts {
  readonly environment: Pick<Environment, 'after' | 'nowMs'>;
  readonly events: Pick<Emitter<ClientEvents>, 'emit'>;
  readonly http: Pick<HttpApi, 'call'>;
}

/**
 * The names and pictures of users, over HTTP: works without a connection. Profiles that are asked for at the same time are
 * read in one request per 100 users. Each is kept for ten minutes, also that a user has none (IM-PROFILE-1).
 */
export class Profiles {
  readonly #ports: ProfilesPorts;
  readonly #entries = new Map<string, Entry>();
  #wanted: (readonly [userId: string, entry: Entry])[] = [];

  /** @internal */
  constructor(ports: ProfilesPorts) {
    this.#ports = ports;
  }

  /**
   * The user's profile as far as this client knows it: null if the user has none, undefined before it was read. The same
   * object until the event `profiles`. Makes no request.
   *
   * @example
   * const name = im.profiles.known('bob')?.name ?? 'bob';
   */
  known(userId: string): Profile | null | undefined {
    return this.#entries.get(userId)?.known;
  }

  /**
   * Resolves to the user's profile, which is read unless this client asked for it in the last ten minutes. Null if the user has
   * none, and for what is no user id.
   *
   * @throws a `RefusedError`, a `NetworkError`, a `TimeoutError` after 10 s, an
   * `UnauthorizedError`
   *
   * @example
   * const profile = await im.profiles.get('bob');
   * console.log(profile?.name ?? 'bob', profile?.avatar);
   */
  get(userId: string): Promise<Profile | null> {
    const { environment } = this.#ports;
    const nowMs = environment.nowMs();
    let entry = this.#entries.get(userId);
    if (entry === undefined || nowMs - entry.askedAtMs >= FRESH_MS) {
      // With one that is no user's, such as the desk's, the server would refuse the others, too.
      const isUser = USER_ID.test(userId);
      entry = { askedAtMs: nowMs, answer: new Deferred(), known: isUser ? entry?.known : null };
      if (!isUser) entry.answer.resolve(null);
      else if (this.#wanted.push([userId, entry]) === 1) environment.after(0, () => this.#readWanted());
    }
    this.#keep(userId, entry);
    return entry.answer.promise;
  }

  /** @internal Takes a profile that an answer of the server has. */
  learn(profile: Profile): void {
    const { environment, events } = this.#ports;
    const { userId } = profile;
    const answer = new Deferred<Profile | null>();
    answer.resolve(profile);
    this.#keep(userId, { askedAtMs: environment.nowMs(), answer, known: profile });
    events.emit('profiles', [userId]);
  }

  /** The map is ordered by when the users were last asked for. */
  #keep(userId: string, entry: Entry): void {
    const entries = this.#entries;
    entries.delete(userId);
    entries.set(userId, entry);
    for (const oldest of entries.keys()) if (entries.size > KEPT) entries.delete(oldest);
  }

  #readWanted(): void {
    while (this.#wanted.length > 0) void this.#read(this.#wanted.splice(0, PROFILES_PER_REQUEST));
  }

  async #read(wanted: readonly (readonly [userId: string, entry: Entry])[]): Promise<void> {
    const { events, http } = this.#ports;
    const userIds = wanted.map(([userId]) => userId);
    try {
      const path = `/profiles${queryString({ userIds: userIds.join() })}`;
      const { profiles } = await http.call<ProfilesBody>('GET', path);
      const found = new Map(profiles.map((profile) => [profile.userId, profile]));
      for (const [userId, entry] of wanted) {
        entry.known = found.get(userId) ?? null;
        entry.answer.resolve(entry.known);
      }
      events.emit('profiles', userIds);
    } catch (cause) {
      for (const [userId, entry] of wanted) {
        // The next one who asks makes another attempt.
        if (this.#entries.get(userId) === entry)
          this.#entries.set(userId, { ...entry, askedAtMs: Number.NEGATIVE_INFINITY });
        entry.answer.reject(toImError(cause));
      }
    }
  }
}
