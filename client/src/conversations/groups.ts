import type { GroupBody, MembersBody, ReadsBody } from '../../../protocol/http.ts';
import { type HttpApi, queryString } from '../transport/http-api.ts';
import type { Identity } from '../transport/identity.ts';

/** A group, as shown to its members. */
export type Group = GroupBody;
/** A page of members, ordered by user id. `cursor` is null on the last page. */
export type GroupMembersPage = MembersBody;
/** A page of members' read cursors. `cursor` is null on the last page. */
export type GroupReadsPage = ReadsBody;

/** The input of `Groups.create`. */
export interface NewGroup {
  /** 1 to 100 characters. */
  readonly name: string;
  /** At most 100 user ids; add more with `addMembers`. The creator is a member and the admin. */
  readonly members?: readonly string[];
  /** Whether members can read the messages from before they joined. Defaults to false. */
  readonly openHistory?: boolean;
  /** The members who may pin messages: the admins, or all. Defaults to `admins`. */
  readonly pins?: 'admins' | 'members';
  /** The members who may write: all, or the admins. Defaults to `everyone`. */
  readonly posting?: 'everyone' | 'admins';
  /** How long a member who is no admin waits between two messages, 0 to 3,600 seconds. Defaults to 0: not at all. */
  readonly slowModeSeconds?: number;
}

/** The input of `Groups.update`. Absent fields stay as they are. */
export interface GroupChanges {
  /** The new name, 1 to 100 characters. */
  readonly name?: string;
  /** The complete new list of admins: the ids of 1 to 20 members. */
  readonly admins?: readonly string[];
  /** The members who may pin messages. */
  readonly pins?: 'admins' | 'members';
  /** The members who may write. */
  readonly posting?: 'everyone' | 'admins';
  /** How long a member who is no admin waits between two messages, 0 to 3,600 seconds; 0: not at all. */
  readonly slowModeSeconds?: number;
}

type OnRead = (conversationId: string, userId: string, seq: number) => void;

/**
 * Groups and their members (IM-GROUP), over HTTP: works without a connection. Every change also arrives as a `message`
 * with content of type `system` in the group's conversation.
 *
 * All methods throw an `ImError`: a `RefusedError` `forbidden` if only an admin may do this, `not_found` if this user
 * isn't a member, `conflict` if the last admin would leave other members behind; a `NetworkError`; a `TimeoutError`
 * after 10 s.
 */
export class Groups {
  readonly #http: Pick<HttpApi, 'call'>;
  readonly #identity: Pick<Identity, 'resolve'>;
  readonly #onRead: OnRead;

  /** @internal */
  constructor(http: Pick<HttpApi, 'call'>, identity: Pick<Identity, 'resolve'>, onRead: OnRead) {
    this.#http = http;
    this.#identity = identity;
    this.#onRead = onRead;
  }

  /**
   * Creates a group. Never retried automatically: after a lost answer, a retry could create a second group.
   *
   * @example
   * const { conversationId } = await im.groups.create({ name: 'Team', members: ['bob', 'carol'] });
   */
  create(group: NewGroup): Promise<Group> {
    return this.#http.call('POST', '/groups', group);
  }

  /**
   * Reads a group: its name, admins, and number of members.
   *
   * @example
   * const { name, memberCount } = await im.groups.get(conversationId);
   */
  get(conversationId: string): Promise<Group> {
    return this.#call('GET', conversationId);
  }

  /**
   * Renames the group, or changes its admins or rules. Admins only.
   *
   * @example
   * await im.groups.update(conversationId, { name: 'Team Blue', admins: ['alice', 'bob'] });
   */
  update(conversationId: string, changes: GroupChanges): Promise<Group> {
    return this.#call('PATCH', conversationId, '', changes);
  }

  /**
   * Reads a page of members. Pass the `cursor` of one page to get the next.
   *
   * @example
   * const first = await im.groups.members(conversationId);
   * if (first.cursor !== null) await im.groups.members(conversationId, first.cursor);
   */
  members(conversationId: string, cursor?: string): Promise<GroupMembersPage> {
    return this.#call('GET', conversationId, `/members${queryString({ cursor })}`);
  }

  /**
   * Reads a page of read cursors: the `seq` up to which each member of a group or support chat has read. Messages that
   * turn out to be read become `read`; later changes are pushed in groups of up to 100 members.
   *
   * @example
   * const { reads } = await im.groups.reads(conversationId);
   */
  async reads(conversationId: string, cursor?: string): Promise<GroupReadsPage> {
    const query = queryString({ cursor });
    const page = await this.#call<GroupReadsPage>('GET', conversationId, `/reads${query}`);
    for (const { userId, seq } of page.reads) this.#onRead(conversationId, userId, seq);
    return page;
  }

  /**
   * Adds up to 100 users. Ignores users who already are members. Admins only.
   *
   * @example
   * await im.groups.addMembers(conversationId, ['dave']);
   */
  addMembers(conversationId: string, members: readonly string[]): Promise<Group> {
    return this.#call('POST', conversationId, '/members', { members });
  }

  /**
   * Removes a member. The system message of the removal is the last message the removed user receives. Admins only.
   *
   * @example
   * await im.groups.removeMember(conversationId, 'dave');
   */
  removeMember(conversationId: string, userId: string): Promise<void> {
    return this.#call('DELETE', conversationId, `/members/${encodeURIComponent(userId)}`);
  }

  /**
   * Leaves the group. The last admin can leave only if no other member stays.
   *
   * @example
   * await im.groups.leave(conversationId);
   */
  async leave(conversationId: string): Promise<void> {
    await this.removeMember(conversationId, await this.#identity.resolve());
  }

  #call<Body>(method: string, id: string, rest = '', body?: object): Promise<Body> {
    return this.#http.call(method, `/groups/${encodeURIComponent(id)}${rest}`, body);
  }
}
