import type { Sent, WelcomeFrame } from '../../protocol/frames.ts';
import { CatchUp } from './catch-up.ts';
import type { ClientOptions } from './client-options.ts';
import { Connection, type ConnectionChange } from './connection.ts';
import { ConversationList } from './conversation-list.ts';
import { type Dialer, dial } from './dial.ts';
import { Emitter } from './emitter.ts';
import { type Cancel, type Environment, environmentOf, newId } from './environment.ts';
import { ClosedError } from './errors.ts';
import type { ClientEvents } from './events.ts';
import { Feed } from './feed.ts';
import { Groups } from './groups.ts';
import { HttpApi } from './http-api.ts';
import { Identity } from './identity.ts';
import { Incoming } from './incoming.ts';
import { defaultLogger, type Logger } from './logger.ts';
import type { ChatMessage } from './message.ts';
import { Outbox } from './outbox.ts';
import { OutboxJournal, type OutboxRecord, refusalIn } from './outbox-journal.ts';
import { type Draft, OutgoingMessage } from './outgoing-message.ts';
import { Place, Places } from './place.ts';
import { ReadMarks } from './read-marks.ts';
import { Renewal } from './renewal.ts';
import { fullJitterBackoff } from './retry-policy.ts';
import type { Session } from './session.ts';
import { Tokens } from './tokens.ts';

/** What is behind a client: its parts, and what they have to do with each other. */
export class Engine {
  readonly environment: Environment;
  readonly events: Emitter<ClientEvents>;
  readonly http: HttpApi;
  readonly identity: Identity;
  readonly groups: Groups;
  readonly places: Places;
  readonly list: ConversationList;
  readonly incoming: Incoming;
  readonly outbox: Outbox;
  readonly readMarks: ReadMarks;
  readonly feed: Feed;
  readonly connection: Connection<Session>;
  readonly #logger: Logger;
  readonly #journal: OutboxJournal | undefined;
  readonly #renewal: Renewal;
  readonly #catchUp: CatchUp;
  readonly #dialer: Dialer;
  #session: Session | null = null;
  #restored: Promise<void> | undefined;
  #stopWaking: Cancel | undefined;

  constructor(options: ClientOptions) {
    const environment = environmentOf(options.environment);
    const logger = options.logger ?? defaultLogger;
    const policy = options.retryPolicy ?? fullJitterBackoff({ random: environment.random });
    const tokens = new Tokens(options.getToken, environment);
    const http = new HttpApi(options.httpUrl, tokens, environment);
    const identity = new Identity(options.deviceId ?? newId(environment), http);
    this.environment = environment;
    this.http = http;
    this.identity = identity;
    this.groups = new Groups(http, identity);
    this.#logger = logger;
    this.events = new Emitter(this.report);
    this.places = new Places((target) => new Place(target, identity, environment, this.report));
    this.list = new ConversationList({
      identity,
      readUpTo: (id) => this.places.at(id)[0]?.readUpTo ?? 0,
      nameOf: async (id) => (await this.groups.get(id)).name,
      report: this.report,
    });
    this.list.subscribe((summaries) => this.events.emit('conversations', summaries));
    this.incoming = new Incoming(this);
    this.#journal = options.store && new OutboxJournal(options.store, logger);
    this.outbox = new Outbox({
      policy,
      environment,
      journal: this.#journal,
      onSent: (message, sent) => this.#onSent(message, sent),
    });
    this.readMarks = new ReadMarks(policy, environment);
    this.feed = new Feed({
      http,
      environment,
      logger,
      claim: (message) => this.outbox.claim(message),
      emit: (message) => this.incoming.message(message),
      onGap: (id, gap) => this.incoming.gap(id, gap),
      isJoining: (message) => this.incoming.isJoining(message),
    });
    this.#catchUp = new CatchUp({
      ...this,
      onWelcome: (session, welcome) => this.#onWelcome(session, welcome),
    });
    this.#renewal = new Renewal({
      tokens,
      environment,
      policy,
      logger,
      onEndsSoon: () => this.connection.handOver(),
    });
    this.#dialer = {
      wsUrl: options.wsUrl,
      deviceId: identity.deviceId,
      replaces: undefined,
      tokens,
      http,
      environment,
      logger,
      onMessages: (messages) => this.feed.push(messages),
      onPush: (push) => this.incoming.push(push),
    };
    this.connection = new Connection(
      {
        open: (attempt) => dial(this.#dialer, attempt),
        sync: (session) => this.#catchUp.run(session),
        onChange: (change) => this.#onChange(change),
      },
      policy,
      environment,
    );
  }

  /** The session that is open and welcomed. */
  get session(): Session | null {
    return this.#session?.isOver === false ? this.#session : null;
  }

  readonly report = (error: unknown): void => this.#logger.error('a listener threw', error);

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

  async #onWelcome(session: Session, welcome: WelcomeFrame): Promise<void> {
    const { expiresAt } = welcome.session;
    this.#dialer.replaces = welcome.connectionId;
    session.beatEvery(welcome.heartbeatIntervalMs);
    this.#renewal.start(session, expiresAt, expiresAt - welcome.serverTime);
    this.#restored ??= this.#restore();
    await this.#restored;
    if (session.isOver) return;
    this.#session = session;
    this.outbox.resume(session);
    this.readMarks.resume(session);
  }

  /** Takes over what an earlier run could not send; what other users of the store wrote stays theirs. */
  async #restore(): Promise<void> {
    const journal = this.#journal;
    if (journal === undefined) return;
    const records = await journal.load().catch((error: unknown) => {
      this.#logger.warn('the store could not be read', { error });
      return [];
    });
    const { userId } = this.identity;
    const isOurs = (record: OutboxRecord): boolean =>
      (record.userId ?? userId) === userId && !this.outbox.has(record.clientMsgId);
    const restored = records.filter(isOurs).map((record) => {
      const message = this.compose(this.places.open(record.target), { ...record, isRepeat: true });
      journal.adopt(message, record);
      return [message, refusalIn(record)] as const;
    });
    this.outbox.restore(restored);
  }

  #onSent({ clientMsgId, content }: OutgoingMessage, sent: Sent): void {
    const { conversationId, messageId, seq, sentAt } = sent;
    const from = this.identity.userId ?? '';
    this.list.add({ conversationId, seq, messageId, clientMsgId, from, content, sentAt });
    this.feed.settle(conversationId, seq);
  }

  #onChange(change: ConnectionChange): void {
    const { current, error } = change;
    this.#logger.debug('connection', change);
    const isOver = current === 'closed' || current === 'failed';
    if (current === 'reconnecting' || isOver) {
      this.#session = null;
      this.#renewal.stop();
      this.#catchUp.lost();
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
