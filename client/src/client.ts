import type { Message } from '../../protocol/frames.ts';
import { parseConversationId, USER_ID } from '../../protocol/ids.ts';
import { Connection, type ConnectionChange } from './connection.ts';
import type { ConnectionStateName } from './connection-state.ts';
import { Address, Conversation, type ConversationEvents, type Target } from './conversation.ts';
import { type Dialer, dial } from './dial.ts';
import { Emitter, type Off } from './emitter.ts';
import { type Environment, environmentOf, newId } from './environment.ts';
import { ClosedError, ImError } from './errors.ts';
import { Feed } from './feed.ts';
import { HttpApi } from './http-api.ts';
import { Identity } from './identity.ts';
import { defaultLogger, type Logger } from './logger.ts';
import { receivedMessage } from './message.ts';
import { Outbox } from './outbox.ts';
import { fullJitterBackoff, type RetryPolicy } from './retry-policy.ts';
import type { Session } from './session.ts';
import { type GetToken, Tokens } from './tokens.ts';

export interface ClientOptions {
  /** `wss://…/<stage>`: output `WebSocketUrl` of the stack, or `wsUrl` of `GET /session`. */
  readonly wsUrl: string;
  /** `https://…`: output `HttpUrl` of the stack. */
  readonly httpUrl: string;
  /**
   * Gives a token that is valid now. Asked before each connection, and once after HTTP has said 401. If it throws an
   * `UnauthorizedError` (or anything with `code: 'unauthorized'` or `retryable: false`), the connection fails for good;
   * after any other error it is asked again later.
   */
  readonly getToken: GetToken;
  /**
   * Names this installation; `[A-Za-z0-9_.-]{1,64}`. The server keeps one session a device. By default a new one for
   * this client object.
   */
  readonly deviceId?: string;
  readonly logger?: Logger;
  /** When to reconnect, and when to send again. By default 0.5 to 20 s with full jitter, for ever. */
  readonly retryPolicy?: RetryPolicy;
  /** Parts of the world to replace: a WebSocket or fetch of one's own, and in tests time and chance. */
  readonly environment?: Partial<Environment>;
}

export interface ClientEvents {
  connection: ConnectionChange;
}

/** Makes a client. It does nothing until `connect`. */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

/** A user's connection to the server and everything that goes through it. */
export class Client {
  readonly #environment: Environment;
  readonly #logger: Logger;
  readonly #events: Emitter<ClientEvents>;
  readonly #http: HttpApi;
  readonly #identity: Identity;
  readonly #feed: Feed;
  readonly #outbox: Outbox;
  readonly #dialer: Dialer;
  readonly #connection: Connection<Session>;
  readonly #places: Place[] = [];

  constructor(options: ClientOptions) {
    const environment = environmentOf(options.environment);
    const logger = options.logger ?? defaultLogger;
    const policy = options.retryPolicy ?? fullJitterBackoff({ random: environment.random });
    const tokens = new Tokens(options.getToken, environment);
    const deviceId = options.deviceId ?? newId(environment);
    const http = new HttpApi(options.httpUrl, tokens, environment);
    this.#environment = environment;
    this.#logger = logger;
    this.#http = http;
    this.#events = new Emitter((error) => logger.error('a listener of the connection threw', error));
    this.#identity = new Identity(deviceId, http);
    this.#outbox = new Outbox(policy, environment, (sent) =>
      this.#feed.settle(sent.conversationId, sent.seq),
    );
    this.#feed = new Feed({
      http,
      environment,
      logger,
      claim: (message) => this.#outbox.claim(message),
      emit: (message) => this.#emit(message),
    });
    this.#dialer = {
      wsUrl: options.wsUrl,
      deviceId,
      replaces: undefined,
      tokens,
      http,
      environment,
      logger,
      prepare: () => this.#feed.begin(),
      onMessages: (messages) => this.#feed.push(messages),
    };
    this.#connection = new Connection(
      {
        open: (attempt) => dial(this.#dialer, attempt),
        sync: (session) => this.#sync(session),
        onChange: (change) => this.#onChange(change),
      },
      policy,
      environment,
    );
  }

  get state(): ConnectionStateName {
    return this.#connection.state;
  }

  /** This user's id, known once connected. */
  get userId(): string | undefined {
    return this.#identity.userId;
  }

  /**
   * Connects and stays connected. Resolves once connected and caught up; rejects with an `ImError` when that has become
   * hopeless (see `getToken`; refused for good; replaced by another session) or after `close`. While reconnecting it
   * also means: try now.
   */
  connect(): Promise<void> {
    return this.#connection.connect();
  }

  /** Disconnects. Messages that are not yet acknowledged fail with `closed`; `connect` may be called again. */
  close(): void {
    this.#connection.close();
  }

  /** Subscribes to the connection's states; returns the way out. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): Off {
    return this.#events.on(name, listener);
  }

  /** The conversation with one other user. The same object for the same user. Throws if that can't be a user id. */
  direct(userId: string): Conversation {
    if (!USER_ID.test(userId)) throw malformed('user id', userId);
    return this.#open({ to: userId });
  }

  /** The conversation of this id. Throws if it is malformed. */
  conversation(conversationId: string): Conversation {
    if (parseConversationId(conversationId) === undefined) throw malformed('conversation id', conversationId);
    return this.#open({ conversationId });
  }

  #open(target: Target): Conversation {
    const address = new Address(target, this.#identity);
    const known = this.#places.find((place) => isSame(place.address, address));
    if (known !== undefined) return known.conversation;
    const events = new Emitter<ConversationEvents>((error) =>
      this.#logger.error('a listener of a conversation threw', error),
    );
    const conversation = new Conversation({
      address,
      events,
      http: this.#http,
      outbox: this.#outbox,
      newId: () => newId(this.#environment),
      wallClockMs: this.#environment.wallClockMs,
    });
    this.#places.push({ address, events, conversation });
    return conversation;
  }

  /** `hello`, the inbox page by page, then the heads (IM-HELLO-2, IM-HELLO-3). Sending goes on meanwhile. */
  async #sync(session: Session): Promise<void> {
    const welcome = await session.request('hello', {});
    this.#identity.learn(welcome.userId);
    this.#dialer.replaces = welcome.connectionId;
    this.#feed.setServerTime(welcome.serverTime);
    session.keepAlive(welcome.heartbeatIntervalMs, welcome.session.expiresAt - welcome.serverTime);
    this.#outbox.resume(session);
    let page = welcome.inbox;
    this.#feed.fromInbox(page.messages);
    while (page.batch !== null) {
      page = await session.request('ackInbox', { batch: page.batch });
      this.#feed.fromInbox(page.messages);
    }
    this.#feed.release();
    await this.#feed.catchUp();
  }

  #onChange(change: ConnectionChange): void {
    this.#logger.debug('connection', change);
    if (change.current === 'reconnecting') this.#outbox.pause();
    if (change.current === 'closed' || change.current === 'failed') {
      this.#outbox.failAll(change.error ?? new ClosedError());
      this.#feed.stop();
    }
    this.#events.emit('connection', change);
  }

  #emit(message: Message): void {
    const received = receivedMessage(message, this.userId);
    for (const { address, events } of [...this.#places]) {
      if (address.id === message.conversationId) events.emit('message', received);
    }
  }
}

interface Place {
  readonly address: Address;
  readonly events: Emitter<ConversationEvents>;
  readonly conversation: Conversation;
}

/** A direct conversation may be asked for by its user and by its id. */
function isSame(a: Address, b: Address): boolean {
  if (a.id !== undefined || b.id !== undefined) return a.id === b.id;
  return 'to' in a.target && 'to' in b.target && a.target.to === b.target.to;
}

function malformed(what: string, value: string): ImError {
  return new ImError('invalid_request', `not a ${what}: ${value}`, { retryable: false });
}
