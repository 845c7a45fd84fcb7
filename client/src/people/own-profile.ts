import type { Profile } from '../model/people.ts';
import type { HttpApi } from '../transport/http-api.ts';
import type { Identity } from '../transport/identity.ts';
import type { Profiles } from './profiles.ts';

/** The input of `OwnProfile.set`: the whole profile. Fields that are absent are removed. */
export interface NewProfile {
  /** 1 to 64 characters, in NFC, without control characters and direction overrides. */
  readonly name?: string | undefined;
  /** The `https` URL of a picture, up to 512 characters. */
  readonly avatar?: string | undefined;
  /** The app's own data: a JSON object of at most 1 KB. */
  readonly custom?: Readonly<Record<string, unknown>> | undefined;
}

export interface OwnProfilePorts {
  readonly http: Pick<HttpApi, 'call'>;
  readonly identity: Pick<Identity, 'resolve'>;
}

/**
 * This user's own profile, over HTTP (IM-PROFILE): works without a connection. All methods throw a `RefusedError`, a
 * `NetworkError`, a `TimeoutError` after 10 s, or an `UnauthorizedError`.
 */
export class OwnProfile {
  readonly #ports: OwnProfilePorts;
  readonly #profiles: Pick<Profiles, 'get' | 'learn'>;

  /** @internal */
  constructor(ports: OwnProfilePorts, profiles: Pick<Profiles, 'get' | 'learn'>) {
    this.#ports = ports;
    this.#profiles = profiles;
  }

  /**
   * Resolves to this user's profile; null if there is none. Makes no request if it was read within the last ten minutes.
   *
   * @example
   * const name = (await im.profile.get())?.name;
   */
  async get(): Promise<Profile | null> {
    return this.#profiles.get(await this.#ports.identity.resolve());
  }

  /**
   * Replaces this user's profile, and resolves to it. Others see it when they next read it: within ten minutes, or at once in a
   * new program.
   *
   * @throws also a `RefusedError` `invalid_request`, whose `issues` name the fields
   *
   * @example
   * await im.profile.set({ name: 'Alice Liddell', avatar: 'https://example.com/alice.jpg' });
   */
  async set(profile: NewProfile): Promise<Profile> {
    const set = await this.#ports.http.call<Profile>('PUT', '/profile', profile);
    this.#profiles.learn(set);
    return set;
  }
}
