import type { GroupBody, MembersBody, ReadsBody } from '../../../protocol/http.ts';
import { type HttpApi, queryString } from '../transport/http-api.ts';
import type { Identity } from '../transport/identity.ts';

/** A group as its members see it. */
export type Group = GroupBody;
/** A page of members by user id; `cursor` null: the last. */
export type GroupMembersPage = MembersBody;
/** A page of members' read cursors; `cursor` null: the last. */
export type GroupReadsPage = ReadsBody;

export interface NewGroup {
  readonly name: string;
  /** At most 100; more with `addMembers`. The creator is in it, and its admin. */
  readonly members?: readonly string[];
  /** Whether members see what was said before they joined. False by default. */
  readonly openHistory?: boolean;
}

export interface GroupChanges {
  readonly name?: string;
  /** All that there are to be, 1 to 20; they must be members. */
  readonly admins?: readonly string[];
}

/**
 * Groups and their members (IM-GROUP), over HTTP: works without a connection. Every change is also a `message` of
 * content `system` in the group's conversation. All reject with an `ImError`: `forbidden` when only an admin may do it,
 * `not_found` when one isn't a member, `conflict` when the last admin would leave others behind.
 */
export class Groups {
  readonly #http: Pick<HttpApi, 'call'>;
  readonly #identity: Identity;

  /** @internal */
  constructor(http: Pick<HttpApi, 'call'>, identity: Identity) {
    this.#http = http;
    this.#identity = identity;
  }

  /** Makes a group. Not repeated by itself after an unknown outcome: there might be two. */
  create(group: NewGroup): Promise<Group> {
    return this.#http.call('POST', '/groups', group);
  }

  get(conversationId: string): Promise<Group> {
    return this.#call('GET', conversationId);
  }

  /** Renames, or hands over. Admins only. */
  update(conversationId: string, changes: GroupChanges): Promise<Group> {
    return this.#call('PATCH', conversationId, '', changes);
  }

  members(conversationId: string, cursor?: string): Promise<GroupMembersPage> {
    return this.#call('GET', conversationId, `/members${queryString({ cursor })}`);
  }

  /** How far each member has read. */
  reads(conversationId: string, cursor?: string): Promise<GroupReadsPage> {
    return this.#call('GET', conversationId, `/reads${queryString({ cursor })}`);
  }

  /** Admins only; at most 100 at once. Those who are members already are passed over. */
  addMembers(conversationId: string, members: readonly string[]): Promise<Group> {
    return this.#call('POST', conversationId, '/members', { members });
  }

  /** Admins only. The one who was removed hears of it, and of nothing after. */
  removeMember(conversationId: string, userId: string): Promise<void> {
    return this.#call('DELETE', conversationId, `/members/${encodeURIComponent(userId)}`);
  }

  async leave(conversationId: string): Promise<void> {
    await this.removeMember(conversationId, await this.#identity.resolve());
  }

  #call<Body>(method: string, id: string, rest = '', body?: object): Promise<Body> {
    return this.#http.call(method, `/groups/${encodeURIComponent(id)}${rest}`, body);
  }
}
