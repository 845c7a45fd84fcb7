import type { GroupBody, MembersBody, ReadsBody } from '../../../protocol/http.ts';
import { type HttpApi, queryString } from '../transport/http-api.ts';
import type { Identity } from '../transport/identity.ts';

/** A group, as shown to its members. */
export type Group = GroupBody;
/** A page of members by user id. `cursor` is null on the last page. */
export type GroupMembersPage = MembersBody;
/** A page of members' read cursors. `cursor` is null on the last page. */
export type GroupReadsPage = ReadsBody;

export interface NewGroup {
  readonly name: string;
  /** At most 100; add more with `addMembers`. The creator is a member and the admin. */
  readonly members?: readonly string[];
  /** Whether members see the messages from before they joined. False by default. */
  readonly openHistory?: boolean;
}

export interface GroupChanges {
  readonly name?: string;
  /** The complete new list of admins, 1 to 20; they must be members. */
  readonly admins?: readonly string[];
}

/**
 * Groups and their members (IM-GROUP), over HTTP: works without a connection. Every change is also a `message` of
 * content `system` in the group's conversation. All methods reject with an `ImError`: `forbidden` when only an admin may
 * do it, `not_found` when this user isn't a member, `conflict` when the last admin would leave other members behind.
 */
export class Groups {
  readonly #http: Pick<HttpApi, 'call'>;
  readonly #identity: Pick<Identity, 'resolve'>;

  /** @internal */
  constructor(http: Pick<HttpApi, 'call'>, identity: Pick<Identity, 'resolve'>) {
    this.#http = http;
    this.#identity = identity;
  }

  /** Creates a group. Not repeated automatically after an unknown outcome, since that might create two. */
  create(group: NewGroup): Promise<Group> {
    return this.#http.call('POST', '/groups', group);
  }

  get(conversationId: string): Promise<Group> {
    return this.#call('GET', conversationId);
  }

  /** Renames the group or changes its admins. Admins only. */
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

  /** Admins only; at most 100 at once. Ignores users who already are members. */
  addMembers(conversationId: string, members: readonly string[]): Promise<Group> {
    return this.#call('POST', conversationId, '/members', { members });
  }

  /** Admins only. The removed user gets the message of the removal, and none after it. */
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
