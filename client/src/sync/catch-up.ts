import type { WelcomeFrame } from '../../../protocol/frames.ts';
import type { ConversationList } from '../conversations/conversation-list.ts';
import { ImError } from '../model/errors.ts';
import type { Environment } from '../support/environment.ts';
import type { ServerClock } from '../support/server-clock.ts';
import type { HttpApi } from '../transport/http-api.ts';
import type { Identity } from '../transport/identity.ts';
import type { Session } from '../transport/session.ts';
import type { Incoming } from './incoming.ts';
import type { MessageSync } from './message-sync.ts';

/**
 * After a longer outage the whole list is read, since `changedSince` covers messages but not reads on other devices.
 */
const SHORT_OUTAGE_MS = 60_000;

export interface CatchUpPorts {
  readonly clock: Pick<ServerClock, 'learn'>;
  readonly identity: Pick<Identity, 'userId' | 'learn'>;
  readonly http: Pick<HttpApi, 'conversations'>;
  readonly sync: MessageSync;
  readonly list: Pick<ConversationList, 'load'>;
  readonly incoming: Pick<Incoming, 'read'>;
  readonly environment: Pick<Environment, 'wallClockMs'>;
}

/**
 * Reads the messages that a new session missed: `hello`, the inbox page by page, and the heads of all conversations (IM-HELLO-2,
 * IM-HELLO-3). Costs one request per hundred conversations, and one for each that lacks more than its last message.
 */
export class CatchUp {
  readonly #ports: CatchUpPorts;
  /** The server's time in the `welcome` of the last session that caught up. */
  #caughtUpAtMs: number | undefined;
  #lostAtMs: number | undefined;

  constructor(ports: CatchUpPorts) {
    this.#ports = ports;
  }

  /**
   * Records the end of a session. `atMs`: when its last frame arrived, since a device that slept notices the end late.
   */
  lost(atMs: number | undefined): void {
    this.#lostAtMs ??= atMs;
  }

  /** Sends `hello`. Rejects with `identity_mismatch` if the token belongs to another user than before. */
  async hello(session: Session): Promise<WelcomeFrame> {
    const { clock, identity, sync } = this.#ports;
    const welcome = await session.request('hello', {});
    const { userId, serverTime } = welcome;
    // The unsent messages here belong to the earlier user.
    if (identity.userId !== undefined && identity.userId !== userId)
      throw new ImError('identity_mismatch', 'the token belongs to another user', { retryable: false });
    identity.learn(userId);
    clock.learn(serverTime);
    sync.resume();
    return welcome;
  }

  /** Resolves when no message from before `welcome` is missing. */
  async run(session: Session, welcome: WelcomeFrame): Promise<void> {
    const { http, incoming, list, sync } = this.#ports;
    const { serverTime } = welcome;
    const listed = await http.conversations(this.#changedSince());
    const { conversations } = listed;
    list.load(listed, serverTime);
    for (const { conversationId, peer, peerReadSeq } of conversations)
      if (peer && peerReadSeq) incoming.read(conversationId, peer, peerReadSeq);
    const isFirst = !sync.isLive;
    if (isFirst) await sync.begin(conversations, serverTime);
    await this.#drain(session, welcome);
    if (!isFirst) await sync.catchUp(conversations);
    this.#caughtUpAtMs = serverTime;
    this.#lostAtMs = undefined;
  }

  /** Acknowledges a page after emitting its messages, so that the server delivers it again after a crash. */
  async #drain(session: Session, welcome: WelcomeFrame): Promise<void> {
    const { sync } = this.#ports;
    let page = welcome.inbox;
    sync.fromInbox(page.messages);
    while (page.batch !== null) {
      page = await session.request('ackInbox', { batch: page.batch });
      sync.fromInbox(page.messages);
    }
    sync.release();
  }

  #changedSince(): number | undefined {
    const nowMs = this.#ports.environment.wallClockMs();
    return Math.abs(nowMs - (this.#lostAtMs ?? nowMs)) < SHORT_OUTAGE_MS ? this.#caughtUpAtMs : undefined;
  }
}
