import type { Sent, WelcomeFrame } from '../../../protocol/frames.ts';
import { ConversationList } from '../conversations/conversation-list.ts';
import { type Place, Places } from '../conversations/conversation-state.ts';
import { Groups } from '../conversations/groups.ts';
import { ReadMarks } from '../conversations/read-receipt-sender.ts';
import { ClosedError } from '../model/errors.ts';
import type { ClientEvents } from '../model/events.ts';
import type { ChatMessage } from '../model/message.ts';
import { Outbox } from '../outbox/outbox.ts';
import type { OutboxJournal } from '../outbox/outbox-journal.ts';
import { type Draft, OutgoingMessage } from '../outbox/outgoing-message.ts';
import { Emitter } from '../support/emitter.ts';
import { type Cancel, type Environment, environmentOf, newId } from '../support/environment.ts';
import { defaultLogger, type Logger } from '../support/logger.ts';
import { CatchUp } from '../sync/catch-up.ts';
import { Incoming } from '../sync/incoming.ts';
import { Feed } from '../sync/message-sync.ts';
import { type Attempt, Connection, type ConnectionChange } from '../transport/connection.ts';
import { HttpApi } from '../transport/http-api.ts';
import { Identity } from '../transport/identity.ts';
import { dial } from '../transport/open-session.ts';
import { Renewal } from '../transport/renewal.ts';
import { fullJitterBackoff, type RetryPolicy } from '../transport/retry-policy.ts';
import type { Session } from '../transport/session.ts';
import { Tokens } from '../transport/tokens.ts';
import type { ClientOptions } from './client-options.ts';

/**
 * What is behind a client: its parts, and what they have to do with each other. Each is given the whole, and says by its
 * type what it needs of it.
 */
export class Engine {
  readonly report = (error: unknown): void => this.logger.error('a listener threw', error);
  readonly events = new Emitter<ClientEvents>(this.report);
  readonly places = new Places(this);
  readonly list = new ConversationList(this);
  readonly incoming = new Incoming(this);
  readonly outbox = new Outbox(this);
  readonly readMarks = new ReadMarks(this);
  readonly feed = new Feed(this);
  readonly connection = new Connection<Session>(this);
  readonly environment: Environment;
  readonly logger: Logger;
  readonly policy: RetryPolicy;
  readonly tokens: Tokens;
  readonly http: HttpApi;
  readonly identity: Identity;
  readonly groups: Groups;
  readonly journal: OutboxJournal | undefined;
  readonly wsUrl: string;
  /** The connection that the next one takes the place of, if its end wasn't seen by the server (IM-CONN-4). */
  replaces: string | undefined;
  readonly #renewal = new Renewal(this);
  readonly #catchUp = new CatchUp(this);
  #session: Session | null = null;
  #restored: Promise<void> | undefined;
  #stopWaking: Cancel | undefined;

  constructor({ getToken, httpUrl, wsUrl, store, ...options }: ClientOptions) {
    this.environment = environmentOf(options.environment);
    this.logger = options.logger ?? defaultLogger;
    this.policy = options.retryPolicy ?? fullJitterBackoff(this.environment);
    this.tokens = new Tokens(getToken, this.environment);
    this.http = new HttpApi(httpUrl, this.tokens, this.environment);
    this.identity = new Identity(options.deviceId ?? newId(this.environment), this.http);
    this.groups = new Groups(this.http, this.identity);
    this.journal = store?.journal(this.logger);
    this.wsUrl = wsUrl;
    this.list.subscribe((summaries) => this.events.emit('conversations', summaries));
  }

  /** The session that is open and welcomed. */
  get session(): Session | null {
    return this.#session?.isOver === false ? this.#session : null;
  }

  connect(): Promise<void> {
    // What slept or was away may have lost its socket without a word.
    this.#stopWaking ??= this.environment.onWake(() => {
      this.connection.hurry();
      this.session?.probe();
    });
    return this.connection.connect();
  }

  /** Makes a message of this device's, which is heard of at once. */
  compose(place: Place, draft: Draft): OutgoingMessage {
    const message = new OutgoingMessage(place, draft, (changed) => this.tell(place, 'state', changed));
    this.tell(place, 'message', message);
    this.events.emit('message', message);
    return message;
  }

  tell(place: Place, name: 'message' | 'state' | 'discarded', message: ChatMessage): void {
    for (const one of this.places.like(place)) one.events.emit(name, message);
  }

  /** What the connection runs. */
  open(attempt: Attempt): Promise<Session> {
    return dial(this, attempt);
  }

  sync(session: Session): Promise<void> {
    return this.#catchUp.run(session);
  }

  /** The session is this user's: it may be used from now on. */
  async onWelcome(session: Session, welcome: WelcomeFrame): Promise<void> {
    const { expiresAt } = welcome.session;
    this.replaces = welcome.connectionId;
    session.beatEvery(welcome.heartbeatIntervalMs);
    this.#renewal.start(session, expiresAt, expiresAt - welcome.serverTime);
    this.#restored ??= this.journal?.restore(this);
    await this.#restored;
    if (session.isOver) return;
    this.#session = session;
    this.outbox.resume(session);
    this.readMarks.resume(session);
  }

  /** The server has the message for good. */
  onSent({ clientMsgId, content }: OutgoingMessage, sent: Sent): void {
    const { conversationId, messageId, seq, sentAt } = sent;
    const from = this.identity.userId ?? '';
    this.list.add({ conversationId, seq, messageId, clientMsgId, from, content, sentAt });
    this.feed.settle(conversationId, seq);
  }

  onChange(change: ConnectionChange): void {
    const { current, error } = change;
    this.logger.debug('connection', change);
    const isOver = current === 'closed' || current === 'failed';
    if (current === 'reconnecting' || isOver) {
      this.#catchUp.lost(this.#session?.heardAtMs);
      this.#session = null;
      this.#renewal.stop();
      this.outbox.pause();
      this.readMarks.pause();
    }
    if (isOver) {
      this.#stopWaking?.();
      this.#stopWaking = undefined;
      this.outbox.failAll(error ?? new ClosedError());
      this.feed.stop();
      this.places.forgetTypists();
    }
    this.events.emit('connection', change);
  }
}
