import type { UserPresence } from '../../../protocol/frames.ts';
import { SENDER_ID } from '../../../protocol/ids.ts';
import type { Conversation } from '../conversations/conversation.ts';
import type { Groups } from '../conversations/groups.ts';
import type { ConnectionChange, ConnectionStateName } from '../model/connection-change.ts';
import type { ConversationSummary } from '../model/conversation-summary.ts';
import { invalid } from '../model/errors.ts';
import type { ClientEvents } from '../model/events.ts';
import { PRESENCE_USERS } from '../model/limits.ts';
import { OwnProfile } from '../people/own-profile.ts';
import { Profiles } from '../people/profiles.ts';
import { type Blocks, type Contacts, UserList } from '../people/user-list.ts';
import { Push } from '../push/push.ts';
import type { Off } from '../support/emitter.ts';
import type { ClientOptions } from './client-options.ts';
import { createEngine, type Engine } from './engine.ts';

/**
 * Creates a client. It opens no connection until `connect`.
 *
 * @example
 * const im = createClient({ wsUrl, httpUrl, getToken: () => fetchToken() });
 * await im.connect();
 */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

/** One user's connection to the server, and everything that goes through it. Make one with `createClient`. */
export class Client {
  /** Groups and their members. */
  readonly groups: Groups;
  /** This user's own name and picture. */
  readonly profile: OwnProfile;
  /** The names and pictures of all users. */
  readonly profiles: Profiles;
  /** The users whom this user has named or marked. */
  readonly contacts: Contacts;
  /** The users whom this user has blocked. */
  readonly blocks: Blocks;
  /** Notifications on this device. */
  readonly push: Push;
  /** @internal */
  readonly engine: Engine;

  /** @internal */
  constructor(options: ClientOptions) {
    this.engine = createEngine(options);
    const { engine } = this;
    this.groups = engine.groups;
    this.profiles = new Profiles(engine);
    this.profile = new OwnProfile(engine, this.profiles);
    this.contacts = new UserList('contacts', engine);
    this.blocks = new UserList('blocks', engine);
    this.push = new Push(engine);
  }

  /** The name of the connection's current state. The event `connection` reports changes. */
  get state(): ConnectionStateName {
    return this.engine.connection.state;
  }

  /** The latest change of the connection: its state and the reason. The same object until the next change. */
  get connection(): ConnectionChange {
    return this.engine.connection.latest;
  }

  /**
   * The time by the server's clock, in epoch milliseconds: compare `sentAt` with this, not with the device's clock, which
   * may be hours off. By the device's clock until the client has connected.
   *
   * @example
   * const age = im.serverNowMs() - message.sentAt;
   */
  serverNowMs(): number {
    return this.engine.clock.now();
  }

  /** This user's id. Undefined until the client has connected. */
  get userId(): string | undefined {
    return this.engine.identity.userId;
  }

  /**
   * Connects and stays connected. While the client waits to reconnect, this starts the next attempt now.
   *
   * @returns a promise that resolves once connected and caught up
   * @throws an `ImError` if the connection failed for good: `UnauthorizedError` (from `getToken`), `RefusedError`,
   * `SessionClosedError` (another session replaced this one); a `ClosedError` after `close`
   *
   * @example
   * im.on('connection', ({ current, error }) => console.log(current, error?.code));
   * await im.connect();
   */
  connect(): Promise<void> {
    return this.engine.sessions.connect();
  }

  /**
   * Disconnects. Unacknowledged messages fail with `closed`; a `store` keeps them for the next client. Idempotent;
   * `connect` opens the client again.
   *
   * @example
   * process.on('SIGTERM', () => im.close());
   */
  close(): void {
    this.engine.connection.close();
  }

  /**
   * Says whether the user sees the app on this device. While no device of the user has it in front, messages are notified,
   * even those that arrive here (IM-NOTIFY-2). In a page the client calls this itself, when the page is hidden or shown.
   *
   * Without a page, as in React Native, an app in the background keeps its socket for 20 s more; `connect` opens it again
   * there, and so does `setActive(true)`, which also finds out at once if the socket has died.
   *
   * @example
   * AppState.addEventListener('change', (state) => im.setActive(state === 'active'));   // React Native
   */
  setActive(isActive: boolean): void {
    this.engine.sessions.setActive(isActive);
  }

  /**
   * Calls `listener` with each event of this name (see `ClientEvents`). Returns an unsubscribe function.
   *
   * @example
   * const off = im.on('message', ({ from, content }) => {
   *   if (content.type === 'text') console.log(from, content.text);
   * });
   * off();
   */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): Off {
    return this.engine.events.on(name, listener);
  }

  /**
   * The conversation with one other user. Returns the same object for the same user, and makes no request.
   *
   * @throws an `ImError` `invalid_request` if the user id is malformed
   *
   * @example
   * im.direct('bob').send({ type: 'text', text: 'hi' });
   */
  direct(userId: string): Conversation {
    if (!SENDER_ID.test(userId)) throw invalid(`not a user id: ${userId}`);
    return this.engine.conversations.open({ to: userId });
  }

  /**
   * The conversation with this id: `dm:<user>:<user>`, `g:<ULID>`, or `cs:<ULID>`. Returns the same object for the same
   * id, and makes no request: only the server knows whether the conversation exists.
   *
   * @throws an `ImError` `invalid_request` if the id is malformed
   *
   * @example
   * const { messages } = await im.conversation(group.conversationId).history();
   */
  conversation(conversationId: string): Conversation {
    if (!CONVERSATION_ID.test(conversationId)) throw invalid(`not a conversation id: ${conversationId}`);
    return this.engine.conversations.open({ conversationId });
  }

  /**
   * The user's conversations, latest activity first: every group, and other conversations once they have a message.
   * Undefined until the first list is loaded. The same array until it changes; the event `conversations` reports that.
   *
   * @example
   * const unread = im.conversations()?.reduce((sum, conversation) => sum + conversation.unread, 0) ?? 0;
   */
  conversations(): readonly ConversationSummary[] | undefined {
    return this.engine.list.summaries;
  }

  /**
   * Sends a frame to a route of your own on the same WebSocket API, so that it needs no second socket. Pushes from there
   * arrive as the event `frame`.
   *
   * @param action the route's key, which the frame's `action` selects
   * @param fields the other fields of the frame; the client adds `action` and `id`
   * @returns the frame that the route answered with this `id`, unchecked
   * @throws a `RefusedError` if that frame's `type` is `error`; `unknown_action` if there is no such route, `unavailable`
   * while polling. A `DisconnectedError` without a connection, a `TimeoutError` after 10 s: the route may have run
   *
   * @example
   * const reply = await im.request('translate', { text: 'hi', to: 'fr' });
   * console.log((reply as { text: string }).text);
   */
  async request(action: string, fields: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return this.engine.sessions.require().requestOther(action, fields);
  }

  /**
   * Returns which of these users are online, one request per 100 ids. A user who has exchanged no direct message with
   * this one is always reported as offline with `lastSeenAt: null`.
   *
   * @throws a `DisconnectedError` without a connection, a `TimeoutError` after 10 s, a `RefusedError`
   *
   * @example
   * const [bob] = await im.presence(['bob']);
   * if (!bob?.online) console.log('last seen', bob?.lastSeenAt);
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

/** The form of an id (docs/protocol.md, section 1). Only the server knows whether the conversation exists. */
const CONVERSATION_ID = /^(dm:[^:]{1,64}:[^:]{1,64}|(g|cs):[0-9A-Z]{26})$/;
