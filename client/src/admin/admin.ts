import { SignatureV4 } from '@smithy/signature-v4';
import type { AdminGroupBody, AdminTaskBody, AdminUserBody, TaskStarted } from '../../../protocol/admin.ts';
import type { Mentions, Sent } from '../../../protocol/frames.ts';
import type { GroupBody } from '../../../protocol/http.ts';
import type { NewImportBody } from '../../../protocol/import.ts';
import type { Profile } from '../../../protocol/people.ts';
import type { SentContent } from '../model/content.ts';
import { errorOfAnswer, NetworkError, TimeoutError } from '../model/errors.ts';
import { Sha256 } from './sha256.ts';

/** The key of an IAM principal. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of a role, such as a Lambda function's. */
  readonly sessionToken?: string;
}

export interface AdminOptions {
  /** Base URL of the HTTP API: the output `HttpUrl`. */
  readonly httpUrl: string;
  /** The region of the deployment. @example 'eu-central-1' */
  readonly region: string;
  /** A key, or what gets one before each request: a provider of the AWS SDK. */
  readonly credentials: AwsCredentials | (() => Promise<AwsCredentials>);
}

/** A message as any user, or as `system`. It has either `to` or `conversationId`. */
export interface AdminMessage {
  /** A user id, or `system`. */
  readonly from: string;
  /** The user who gets it. */
  readonly to?: string;
  readonly conversationId?: string;
  /** 1 to 64 letters, digits, and _ -: with the same one again it is the same message. */
  readonly clientMsgId: string;
  readonly content: SentContent;
  /** The `seq` of the message that it answers. */
  readonly replyTo?: number;
  /** The users that it mentions, or all. */
  readonly mentions?: Mentions;
}

/** What was sent. */
export interface SentMessage extends Sent {
  /** What the operator's hook made of it, if it did (IM-HOOK-3). */
  readonly content?: SentContent;
}

/** A message that was recalled or erased, or of which a file was removed. */
export interface RecalledMessage {
  readonly conversationId: string;
  readonly seq: number;
  readonly messageId: string;
  /** Epoch milliseconds by the server's clock. */
  readonly sentAt: number;
  /** Its sender. */
  readonly from: string;
}

/** A user's ban. */
export interface BanOptions {
  /** When it ends, epoch milliseconds. Defaults to never: until it is lifted. */
  readonly until?: number;
  /** For the operator: up to 500 characters, which no user sees. */
  readonly reason?: string;
}

/** What a user's profile says. What is missing is removed. */
export type ProfileFacts = Omit<Profile, 'userId' | 'version'>;

/** The rules of a group. */
export interface GroupRules {
  /** The members who may pin messages. */
  readonly pins?: 'admins' | 'members';
  /** The members who may write. */
  readonly posting?: 'everyone' | 'admins';
  /** How long a member who is no admin waits between two messages; 0: not at all. */
  readonly slowModeSeconds?: number;
}

/** A group to make. */
export interface NewGroup extends GroupRules {
  /** 1 to 100 characters. */
  readonly name: string;
  /** 1 to 100 user ids. */
  readonly members: readonly string[];
  /** 1 to 20 of the members. Defaults to the first one. */
  readonly admins?: readonly string[];
  /** Whether members see messages from before they joined. Defaults to no. */
  readonly openHistory?: boolean;
}

/** How a file is imported. */
export interface ImportOptions {
  /** Only says what would be refused. Defaults to no. */
  readonly dryRun?: boolean;
}

/** What changes of a group. */
export interface GroupUpdate extends GroupRules {
  readonly name?: string;
  /** 1 to 20 members. */
  readonly admins?: readonly string[];
}

/**
 * The admin API (docs/protocol.md, section 21). Every method is one request, and all but `createGroup` are idempotent: after an error
 * with `retryable` call it again. Each rejects with a `RefusedError` (an error of the service), a `ForeignAnswerError` (the gateway's: 403 without
 * `grantAdmin`), a `NetworkError`, or a `TimeoutError` after 15 s.
 */
export interface Admin {
  /** Sends as `from`: with the same `clientMsgId` again it is the same message. Rejects with `forbidden` if that user is banned. */
  send(message: AdminMessage): Promise<SentMessage>;
  /** Recalls any message, at any age. Rejects with `not_found`, and with `forbidden` for system messages. */
  recall(conversationId: string, seq: number): Promise<RecalledMessage>;
  /** Erases any message for good: content and hash, reactions, pin; of a system message what a user typed. Rejects with `not_found`. */
  eraseMessage(conversationId: string, seq: number): Promise<RecalledMessage>;
  /** Removes one file of any message: its entry stays, as removed (IM-FILE-8). Rejects with `not_found`. */
  removeFile(conversationId: string, seq: number, attachmentId: string): Promise<RecalledMessage>;
  /** Ends the user's sessions, or one device's. The token stays valid until it expires. */
  logOut(userId: string, deviceId?: string): Promise<void>;
  /** Bans the user, or replaces the ban. Rejects with `conflict` if a later request came first. */
  ban(userId: string, options?: BanOptions): Promise<void>;
  /** Lifts the ban. Rejects as `ban` does. */
  unban(userId: string): Promise<void>;
  /** Reads sessions, ban, budget, and profile. */
  look(userId: string): Promise<AdminUserBody>;
  /** Replaces the user's profile. Rejects with `forbidden` if another system keeps the profiles. */
  putProfile(userId: string, facts: ProfileFacts): Promise<Profile>;
  /** Makes a group without being in it. Again, it is another group. */
  createGroup(group: NewGroup): Promise<GroupBody>;
  /** Reads a group, and the first 100 of its members. @param cursor of the page before, for the next 100 */
  lookAtGroup(conversationId: string, cursor?: string): Promise<AdminGroupBody>;
  /** Changes name, admins, or rules. Each change is a system message. */
  updateGroup(conversationId: string, update: GroupUpdate): Promise<GroupBody>;
  /** Starts a task that removes all members, and deletes the group with its history. Nothing brings it back. */
  deleteGroup(conversationId: string): Promise<TaskStarted>;
  /** Adds up to 100 members, also those who have blocked each other. */
  addMembers(conversationId: string, members: readonly string[]): Promise<GroupBody>;
  /**
   * Removes a member. If it is the last admin, the member of longest standing becomes one. Rejects with `not_found` if there is no
   * such member.
   */
  removeMember(conversationId: string, userId: string): Promise<void>;
  /**
   * Starts a task that gathers all that the server has of a user in one file of JSON lines (IM-ERASE-3). Of any user id: one who
   * never was has one line. Calling again starts another task.
   * @example
   * const { taskId } = await admin.exportUser('alice');
   * const { state, link } = await admin.task(taskId);   // until it is done: then the link is there
   */
  exportUser(userId: string): Promise<TaskStarted>;
  /**
   * Starts a task that bans a user, and erases all that the server has of them (IM-ERASE-4). Nothing brings it back. Calling again
   * starts another task, which finds less to do.
   * @example
   * const { taskId } = await admin.eraseUser('alice');
   */
  eraseUser(userId: string): Promise<TaskStarted>;
  /**
   * Makes a form that uploads a file of JSON lines to import (IM-IMPORT): its fields in their order, then `file`, by `POST`, within 15 minutes.
   * @param size of the file, in bytes, exact; 1 GiB at most
   * @example
   * const { importId, upload } = await admin.newImport(bytes.length);
   * const form = new FormData();
   * for (const [name, value] of Object.entries(upload.fields)) form.set(name, value);
   * form.set('file', new Blob([bytes]));
   * await fetch(upload.url, { method: 'POST', body: form });
   * const { taskId } = await admin.startImport(importId);
   */
  newImport(size: number): Promise<NewImportBody>;
  /**
   * Starts a task that imports the users, conversations, members, and messages of a file that was uploaded. Again, it imports nothing twice. Follow it
   * with `task`: when it is done, its link is to a report that names each refused line.
   * @example
   * const { taskId } = await admin.startImport(importId, { dryRun: true });   // writes nothing, and keeps the file
   */
  startImport(importId: string, options?: ImportOptions): Promise<TaskStarted>;
  /**
   * Reads how far a task is, until 90 days after its end. All times are epoch milliseconds. Each call on an export or an import that is done makes
   * a new link, which is good until `expiresAt`, an hour at most. Rejects with `not_found`.
   * @example
   * const { state, step, counts } = await admin.task(taskId);   // 'running', 'messages', { messages: 4200 }
   */
  task(taskId: string): Promise<AdminTaskBody>;
}

const TIMEOUT_MS = 15_000;

/**
 * Makes a client of the admin API, for Node and Lambda, never for a browser: it signs with a key of the account. Needs the package
 * `@smithy/signature-v4`, which every client of the AWS SDK brings along.
 *
 * @example
 * const admin = createAdmin({ httpUrl, region: 'eu-central-1', credentials: fromNodeProviderChain() });   // of the AWS SDK
 * await admin.ban('alice', { reason: 'spam, ticket 4711' });
 */
export function createAdmin({ httpUrl, region, credentials }: AdminOptions): Admin {
  const { origin, host, pathname } = new URL(httpUrl);
  const base = pathname.replace(/\/+$/, '');
  const signer = new SignatureV4({ credentials, region, service: 'execute-api', sha256: Sha256 });

  async function call<Body>(
    method: string,
    route: string,
    body?: object,
    query: Readonly<Record<string, string>> = {},
  ): Promise<Body> {
    const path = `${base}/admin${route}`;
    const content = body && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    const unsigned = {
      method,
      protocol: 'https:',
      hostname: host,
      path,
      query,
      headers: { host, ...content?.headers },
    };
    const { headers } = await signer.sign({ ...unsigned, ...(content && { body: content.body }) });
    // `fetch` sets it itself.
    const { host: _host, ...others } = headers;
    const search = new URLSearchParams(query).toString();
    const url = origin + path + (search && `?${search}`);
    const init = { method, headers: others, ...(content && { body: content.body }) };
    const { status, text } = await ask(url, init);
    const answer = parsed(text);
    if (status >= 200 && status < 300) return answer as Body;
    throw errorOfAnswer(status, answer, `${method} ${url}`);
  }

  const user = (userId: string) => `/users/${encodeURIComponent(userId)}`;
  const message = (conversationId: string, seq: number) =>
    `/conversations/${encodeURIComponent(conversationId)}/messages/${seq}`;
  const group = (conversationId: string) => `/groups/${encodeURIComponent(conversationId)}`;
  return {
    send: (message) => call('POST', '/messages', message),
    recall: (conversationId, seq) => call('DELETE', message(conversationId, seq)),
    eraseMessage: (conversationId, seq) => call('POST', `${message(conversationId, seq)}/erase`),
    removeFile: (conversationId, seq, attachmentId) =>
      call('DELETE', `${message(conversationId, seq)}/attachments/${encodeURIComponent(attachmentId)}`),
    logOut: (userId, deviceId) =>
      call('POST', `${user(userId)}/log-out`, deviceId === undefined ? {} : { deviceId }),
    ban: (userId, options = {}) => call('PUT', `${user(userId)}/ban`, options),
    unban: (userId) => call('DELETE', `${user(userId)}/ban`),
    look: (userId) => call('GET', user(userId)),
    putProfile: (userId, facts) => call('PUT', `${user(userId)}/profile`, facts),
    createGroup: (facts) => call('POST', '/groups', facts),
    lookAtGroup: (conversationId, cursor) =>
      call('GET', group(conversationId), undefined, cursor === undefined ? {} : { cursor }),
    updateGroup: (conversationId, update) => call('PATCH', group(conversationId), update),
    deleteGroup: (conversationId) => call('DELETE', group(conversationId)),
    addMembers: (conversationId, members) => call('POST', `${group(conversationId)}/members`, { members }),
    removeMember: (conversationId, userId) =>
      call('DELETE', `${group(conversationId)}/members/${encodeURIComponent(userId)}`),
    exportUser: (userId) => call('POST', `${user(userId)}/export`),
    eraseUser: (userId) => call('DELETE', user(userId)),
    newImport: (size) => call('POST', '/imports', { size }),
    startImport: (importId, options = {}) =>
      call('POST', `/imports/${encodeURIComponent(importId)}/tasks`, options),
    task: (taskId) => call('GET', `/tasks/${encodeURIComponent(taskId)}`),
  };
}

interface Request {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

async function ask(url: string, init: Request): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') throw new TimeoutError(url, TIMEOUT_MS);
    throw new NetworkError(`could not reach ${url}`, error);
  }
}

/** `undefined` if there is no body; the text if it is not JSON. */
function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}
