import type { ClientEvents } from '../model/events.ts';
import type { Block, Contact, ContactFields } from '../model/people.ts';
import type { Emitter } from '../support/emitter.ts';
import { type HttpApi, queryString } from '../transport/http-api.ts';

/** This user's contacts: names and favourites, up to 10,000 (IM-CONTACT-1). */
export type Contacts = UserList<Contact, ContactFields>;
/**
 * The users whom this user has blocked: the server refuses their direct messages, without saying why, and hides this user's
 * presence from them (IM-BLOCK-1).
 */
export type Blocks = UserList<Block, object>;

export interface UserListPorts {
  readonly http: Pick<HttpApi, 'call'>;
  readonly events: Pick<Emitter<ClientEvents>, 'emit'>;
}

/**
 * A list of users that only this user sees, over HTTP: works without a connection.
 *
 * All methods throw a `RefusedError`, a `NetworkError`, a `TimeoutError` after 10 s, or an `UnauthorizedError`.
 */
export class UserList<Entry extends { readonly userId: string }, Fields extends object> {
  readonly #name: 'contacts' | 'blocks';
  readonly #ports: UserListPorts;
  #all: readonly Entry[] | undefined;
  #loading: Promise<readonly Entry[]> | undefined;
  /** Counts this client's changes. */
  #changes = 0;

  /** @internal */
  constructor(name: 'contacts' | 'blocks', ports: UserListPorts) {
    this.#name = name;
    this.#ports = ports;
  }

  /**
   * The list as far as this client knows it; undefined before `load`. The same array until the event `contacts` or `blocks`.
   * Makes no request.
   *
   * @example
   * const isBlocked = im.blocks.all?.some(({ userId }) => userId === 'mallory');
   */
  get all(): readonly Entry[] | undefined {
    return this.#all;
  }

  /**
   * Reads the whole list, one request per page. Calls at the same time share their requests. Nothing is pushed when another
   * device of this user changes it: load it again.
   *
   * @example
   * const favorites = (await im.contacts.load()).filter(({ favorite }) => favorite);
   */
  load(): Promise<readonly Entry[]> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /**
   * Adds a user, or replaces their entry. Idempotent.
   *
   * @param fields of a contact: those that are absent are removed
   * @throws also a `RefusedError`: `limit_reached` if the list is full; `invalid_request`
   *
   * @example
   * await im.contacts.add('bob', { alias: 'Bobby', favorite: true });
   * await im.blocks.add('mallory');
   */
  async add(userId: string, fields?: Fields): Promise<void> {
    const answer = await this.#call('PUT', userId, { ...fields });
    this.#change(userId, { userId, ...fields, ...answer } as unknown as Entry);
  }

  /**
   * Removes a user. Idempotent.
   *
   * @example
   * await im.blocks.remove('mallory');
   */
  async remove(userId: string): Promise<void> {
    await this.#call('DELETE', userId);
    this.#change(userId);
  }

  #call(method: string, userId: string, body?: object): Promise<object | undefined> {
    return this.#ports.http.call(method, `/${this.#name}/${encodeURIComponent(userId)}`, body);
  }

  #change(userId: string, ...added: readonly Entry[]): void {
    this.#changes += 1;
    if (this.#all) this.#take([...this.#all.filter((entry) => entry.userId !== userId), ...added]);
  }

  async #read(): Promise<readonly Entry[]> {
    const changes = this.#changes;
    const read: Entry[] = [];
    let cursor: string | undefined;
    do {
      const path = `/${this.#name}${queryString({ cursor })}`;
      const page = await this.#ports.http.call<Record<string, unknown>>('GET', path);
      read.push(...(page[this.#name] as Entry[]));
      cursor = page['cursor'] as string;
    } while (cursor);
    // The pages may lack a change of this client that was made meanwhile.
    return changes === this.#changes ? this.#take(read) : this.#read();
  }

  #take(all: readonly Entry[]): readonly Entry[] {
    this.#all = all;
    this.#ports.events.emit(this.#name, all as never);
    return all;
  }
}
