import type { UserPresence } from '../../../protocol/frames.ts';
import { USER_ID } from '../../../protocol/ids.ts';
import { Conversation } from '../conversations/conversation.ts';
import type { ConversationSummary } from '../conversations/conversation-list.ts';
import type { Place } from '../conversations/conversation-state.ts';
import type { Groups } from '../conversations/groups.ts';
import { DisconnectedError, ImError } from '../model/errors.ts';
import type { ClientEvents } from '../model/events.ts';
import { PRESENCE_USERS } from '../model/limits.ts';
import type { Off } from '../support/emitter.ts';
import type { ConnectionChange } from '../transport/connection.ts';
import type { ConnectionStateName } from '../transport/connection-state.ts';
import type { Target } from '../transport/frames.ts';
import type { ClientOptions } from './client-options.ts';
import { Engine } from './engine.ts';

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
  readonly #conversations = new Map<Place, Conversation>();

  /** @internal */
  constructor(options: ClientOptions) {
    this.engine = new Engine(options);
    this.groups = this.engine.groups;
  }

  get state(): ConnectionStateName {
    return this.engine.connection.state;
  }

  /** The last change of the connection: its state, and the reason for it. The same object until the next. */
  get connection(): ConnectionChange {
    return this.engine.connection.latest;
  }

  /** This user's id, known once connected. */
  get userId(): string | undefined {
    return this.engine.identity.userId;
  }

  /**
   * Connects and stays connected. Resolves once connected and caught up; rejects with an `ImError` when that has become
   * hopeless (see `getToken`; refused for good; replaced by another session) or after `close`. While reconnecting it
   * also means: try now.
   */
  connect(): Promise<void> {
    return this.engine.connect();
  }

  /**
   * Disconnects. Messages that are not yet acknowledged fail with `closed`; a `store` keeps them for the next client.
   * `connect` may be called again.
   */
  close(): void {
    this.engine.connection.close();
  }

  /** Subscribes; returns the way out. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): Off {
    return this.engine.events.on(name, listener);
  }

  /** The conversation with one other user. The same object for the same user. Throws if that can't be a user id. */
  direct(userId: string): Conversation {
    if (!USER_ID.test(userId)) throw malformed('user id', userId);
    return this.#open({ to: userId });
  }

  /** The conversation of this id. Throws if it is malformed. */
  conversation(conversationId: string): Conversation {
    if (!CONVERSATION_ID.test(conversationId)) throw malformed('conversation id', conversationId);
    return this.#open({ conversationId });
  }

  /**
   * The user's conversations, the latest activity first: those with messages, and groups. Undefined until the first list
   * has come. The same array until something changes, which the event `conversations` tells.
   */
  conversations(): readonly ConversationSummary[] | undefined {
    return this.engine.list.summaries;
  }

  /**
   * Who of these users is there now. Of those with whom this user shares no direct conversation with messages, nothing
   * is told: offline, never seen. Rejects with `disconnected` without a connection.
   */
  async presence(userIds: readonly string[]): Promise<UserPresence[]> {
    const { session } = this.engine;
    if (session === null) throw new DisconnectedError('not connected');
    const parts: Promise<readonly UserPresence[]>[] = [];
    for (let start = 0; start < userIds.length; start += PRESENCE_USERS) {
      const part = userIds.slice(start, start + PRESENCE_USERS);
      parts.push(session.request('presence', { userIds: part }).then(({ users }) => users));
    }
    return (await Promise.all(parts)).flat();
  }

  #open(target: Target): Conversation {
    const place = this.engine.places.open(target);
    const conversation = this.#conversations.get(place) ?? new Conversation(place, this.engine);
    this.#conversations.set(place, conversation);
    return conversation;
  }
}

/** In form; whether it is anybody's, the server knows (section 1). */
const CONVERSATION_ID = /^(dm:[^:]{1,64}:[^:]{1,64}|(g|cs):[0-9A-Z]{26})$/;

function malformed(what: string, value: string): ImError {
  return new ImError('invalid_request', `not a ${what}: ${value}`, { retryable: false });
}
