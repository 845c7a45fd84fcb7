import type { UserPresence } from '../../../protocol/frames.ts';
import { USER_ID } from '../../../protocol/ids.ts';
import type { Conversation } from '../conversations/conversation.ts';
import type { Groups } from '../conversations/groups.ts';
import type { ConnectionChange, ConnectionStateName } from '../model/connection-change.ts';
import type { ConversationSummary } from '../model/conversation-summary.ts';
import { ImError } from '../model/errors.ts';
import type { ClientEvents } from '../model/events.ts';
import { PRESENCE_USERS } from '../model/limits.ts';
import type { Off } from '../support/emitter.ts';
import type { ClientOptions } from './client-options.ts';
import { createEngine, type Engine } from './engine.ts';

/** Makes a client. It does nothing until `connect`. */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

/** A user's connection to the server and everything that goes through it. */
export class Client {
  /** Groups and their members. */
  readonly groups: Groups;
  /** @internal */
  readonly engine: Engine;

  /** @internal */
  constructor(options: ClientOptions) {
    this.engine = createEngine(options);
    this.groups = this.engine.groups;
  }

  get state(): ConnectionStateName {
    return this.engine.connection.state;
  }

  /** The last change of the connection: its state and the reason for it. The same object until the next change. */
  get connection(): ConnectionChange {
    return this.engine.connection.latest;
  }

  /** This user's id. Undefined until the client has connected. */
  get userId(): string | undefined {
    return this.engine.identity.userId;
  }

  /**
   * Connects and stays connected. Resolves once connected and caught up; rejects with an `ImError` when the connection
   * has failed for good (see `getToken`; refused; replaced by another session) or after `close`. While the client waits
   * to reconnect, this makes the next attempt now.
   */
  connect(): Promise<void> {
    return this.engine.sessions.connect();
  }

  /**
   * Disconnects. Messages that are not yet acknowledged fail with `closed`; a `store` keeps them for the next client.
   * `connect` may be called again.
   */
  close(): void {
    this.engine.connection.close();
  }

  /** Returns an unsubscribe function. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): Off {
    return this.engine.events.on(name, listener);
  }

  /** The conversation with one other user. The same object for the same user. Throws if the user id is malformed. */
  direct(userId: string): Conversation {
    if (!USER_ID.test(userId)) throw malformed('user id', userId);
    return this.engine.conversations.open({ to: userId });
  }

  /** The conversation of this id. Throws if the id is malformed. */
  conversation(conversationId: string): Conversation {
    if (!CONVERSATION_ID.test(conversationId)) throw malformed('conversation id', conversationId);
    return this.engine.conversations.open({ conversationId });
  }

  /**
   * The user's conversations, the latest activity first: those with messages, and groups. Undefined until the first list
   * is loaded. The same array until something changes, which emits the event `conversations`.
   */
  conversations(): readonly ConversationSummary[] | undefined {
    return this.engine.list.summaries;
  }

  /**
   * Which of these users are online. Users with whom this user has no direct conversation with messages are always
   * reported as offline and never seen. Rejects with `disconnected` without a connection.
   */
  async presence(userIds: readonly string[]): Promise<UserPresence[]> {
    const session = this.engine.sessions.require();
    const parts: Promise<readonly UserPresence[]>[] = [];
    for (let start = 0; start < userIds.length; start += PRESENCE_USERS) {
      const part = userIds.slice(start, start + PRESENCE_USERS);
      parts.push(session.request('presence', { userIds: part }).then(({ users }) => users));
    }
    return (await Promise.all(parts)).flat();
  }
}

/** The form of an id (section 1). Only the server knows whether the conversation exists. */
const CONVERSATION_ID = /^(dm:[^:]{1,64}:[^:]{1,64}|(g|cs):[0-9A-Z]{26})$/;

function malformed(what: string, value: string): ImError {
  return new ImError('invalid_request', `not a ${what}: ${value}`, { retryable: false });
}
