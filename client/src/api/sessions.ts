import type { WelcomeFrame } from '../../../protocol/frames.ts';
import type { ConversationStates } from '../conversations/conversation-states.ts';
import type { ReadReceiptSender } from '../conversations/read-receipt-sender.ts';
import type { ConnectionChange } from '../model/connection-change.ts';
import { ClosedError, DisconnectedError } from '../model/errors.ts';
import type { ClientEvents } from '../model/events.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { OutboxJournal } from '../outbox/outbox-journal.ts';
import { Deferred } from '../support/deferred.ts';
import type { Emitter } from '../support/emitter.ts';
import type { Cancel, Environment } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import { watchForSleep } from '../support/sleep-watch.ts';
import { isPage, watchVisibility } from '../support/visibility.ts';
import type { CatchUp } from '../sync/catch-up.ts';
import type { MessageSync } from '../sync/message-sync.ts';
import type { Connection } from '../transport/connection.ts';
import type { Foreground } from '../transport/foreground.ts';
import type { Renewal } from '../transport/renewal.ts';
import type { Session, SessionSource } from '../transport/session.ts';
import type { SessionOpener } from '../transport/session-opener.ts';

export interface SessionsPorts {
  readonly catchUp: CatchUp;
  readonly connection: Pick<Connection<Session>, 'connect' | 'hurry'>;
  readonly environment: Pick<Environment, 'onWake' | 'after' | 'wallClockMs'>;
  readonly events: Emitter<ClientEvents>;
  readonly foreground: Foreground;
  readonly logger: Logger;
  readonly opener: Pick<SessionOpener, 'replaces' | 'gate'>;
  readonly outbox: Pick<Outbox, 'resume' | 'pause' | 'failAll' | 'reopen'>;
  readonly readReceipts: Pick<ReadReceiptSender, 'resume' | 'pause'>;
  readonly renewal: Pick<Renewal, 'start' | 'stop'>;
  readonly states: Pick<ConversationStates, 'clearTypingUsers'>;
  readonly sync: Pick<MessageSync, 'stop'>;
  readonly journal: Pick<OutboxJournal, 'restore'> | undefined;
}

/** How long a socket has to answer after the device woke. */
const WAKE_PROBE_MS = 3_000;
/** How long an app without a page keeps its socket in the background: phones stop such apps within seconds anyway. */
const BACKGROUND_MS = 20_000;
/** The number of failed attempts in a row after which the logger gets a warning. */
const WARN_AFTER = 3;

/** Holds the session that requests go through, and starts and stops the other parts as sessions start and end. */
export class Sessions implements SessionSource {
  readonly #ports: SessionsPorts;
  /** The last session that the server has welcomed, even if it has closed; null once it is known to be lost. */
  #latest: Session | null = null;
  #stopWaking: Cancel | undefined;
  #cancelSuspend: Cancel = () => {};
  /** Set while the socket is closed because the app is in the background. */
  #suspended: Deferred<void> | undefined;
  #failures = 0;

  constructor(ports: SessionsPorts) {
    this.#ports = ports;
  }

  /** Null without a connection. */
  get current(): Session | null {
    return this.#latest?.isClosed === false ? this.#latest : null;
  }

  /** @throws DisconnectedError without a connection. */
  require(): Session {
    if (this.current === null) throw new DisconnectedError('not connected');
    return this.current;
  }

  connect(): Promise<void> {
    const { connection, environment, journal } = this.#ports;
    void journal?.restore();
    this.#unsuspend();
    this.#stopWaking ??= this.#watch(environment);
    return connection.connect();
  }

  /**
   * An app in the background says so, and without a page closes its socket after a while. Pages keep theirs, which counts the
   * unread messages in the title, until the browser stops them.
   */
  setActive(isActive: boolean): void {
    const { environment, foreground } = this.#ports;
    const wasActive = foreground.isActive;
    this.#unsuspend();
    foreground.set(isActive);
    if (!isActive && !isPage()) this.#cancelSuspend = environment.after(BACKGROUND_MS, () => this.#suspend());
    if (isActive && !wasActive) this.#wake();
  }

  #suspend(): void {
    this.#suspended = new Deferred();
    this.#ports.opener.gate = this.#suspended.promise;
    this.current?.fail(new DisconnectedError('the app is in the background'));
  }

  #unsuspend(): void {
    this.#cancelSuspend();
    this.#suspended?.resolve();
  }

  /** A device that slept or was offline may have lost its socket unnoticed. */
  #wake(): void {
    const { connection, environment } = this.#ports;
    connection.hurry();
    this.current?.probe(WAKE_PROBE_MS);
    // A socket that has died is lost by then, and the next one needs no backoff.
    environment.after(WAKE_PROBE_MS, () => connection.hurry());
  }

  #watch(environment: SessionsPorts['environment']): Cancel {
    const wake = (): void => this.#wake();
    const offline = (): void => this.current?.fail(new DisconnectedError('the device is offline'));
    const stops = [
      environment.onWake(wake, offline),
      watchForSleep(environment, wake),
      watchVisibility(
        (isVisible) => this.setActive(isVisible),
        () => this.#suspend(),
      ),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Makes a newly opened session the current one. Resolves when no message is missing. */
  async sync(session: Session): Promise<void> {
    const { catchUp } = this.#ports;
    const welcome = await catchUp.hello(session);
    await this.#begin(session, welcome);
    await catchUp.run(session, welcome);
  }

  onChange(change: ConnectionChange): void {
    const { catchUp, events, foreground, logger, outbox, readReceipts, renewal, states, sync } = this.#ports;
    const { current, error } = change;
    logger.debug('connection', change);
    this.#warn(change);
    const isFinal = current === 'closed' || current === 'failed';
    if (current === 'connecting') outbox.reopen();
    if (current === 'reconnecting' || isFinal) {
      catchUp.lost(this.#latest?.heardAtMs);
      this.#latest = null;
      renewal.stop();
      outbox.pause();
      readReceipts.pause();
      foreground.pause();
    }
    if (isFinal) {
      this.#unsuspend();
      this.#stopWaking?.();
      this.#stopWaking = undefined;
      outbox.failAll(error ?? new ClosedError());
      sync.stop();
      states.clearTypingUsers();
    }
    events.emit('connection', change);
  }

  /** Logs once in an outage why there is no connection: usually an address or a token is wrong. */
  #warn({ current, error }: ConnectionChange): void {
    if (current === 'connected') this.#failures = 0;
    if (error === undefined) return;
    this.#failures += 1;
    if (this.#failures === WARN_AFTER)
      this.#ports.logger.warn(`no connection after ${WARN_AFTER} attempts: ${error.message}`, { error });
  }

  async #begin(session: Session, welcome: WelcomeFrame): Promise<void> {
    const ports = this.#ports;
    const { expiresAt } = welcome.session;
    ports.opener.replaces = welcome.connectionId;
    session.beatEvery(welcome.heartbeatIntervalMs);
    ports.renewal.start(session, expiresAt, expiresAt - welcome.serverTime);
    // They are older than this run's messages, so they are sent first.
    await ports.journal?.restore();
    if (session.isClosed) return;
    this.#latest = session;
    ports.outbox.resume(session);
    ports.readReceipts.resume(session);
    ports.foreground.resume(session);
  }
}
