import type { WelcomeFrame } from '../../../protocol/frames.ts';
import type { ConversationList } from '../conversations/conversation-list.ts';
import { ImError } from '../model/errors.ts';
import type { Environment } from '../support/environment.ts';
import type { HttpApi } from '../transport/http-api.ts';
import type { Identity } from '../transport/identity.ts';
import type { Session } from '../transport/session.ts';
import type { Incoming } from './incoming.ts';
import type { Feed } from './message-sync.ts';

/** After a longer outage the whole list is read: `changedSince` knows of messages, not of what other devices read. */
const SHORT_OUTAGE_MS = 60_000;

export interface CatchUpPorts {
  readonly identity: Identity;
  readonly http: Pick<HttpApi, 'conversations'>;
  readonly feed: Feed;
  readonly list: ConversationList;
  readonly incoming: Incoming;
  readonly environment: Pick<Environment, 'wallClockMs'>;
  /** The session is this user's: it may be used from now on. */
  onWelcome(session: Session, welcome: WelcomeFrame): Promise<void>;
}

/**
 * What makes a new session's view complete: `hello`, the inbox page by page, and the heads of all conversations
 * (IM-HELLO-2, IM-HELLO-3). One request for each hundred conversations, and one for each that is behind by more than
 * its last message.
 */
export class CatchUp {
  readonly #ports: CatchUpPorts;
  /** The server's time at the `welcome` of the last session that caught up. */
  #caughtUpAtMs: number | undefined;
  #lostAtMs: number | undefined;

  constructor(ports: CatchUpPorts) {
    this.#ports = ports;
  }

  /** The session is over, and was heard last then: what slept, or whose socket died without a word, notices late. */
  lost(atMs: number | undefined): void {
    this.#lostAtMs ??= atMs;
  }

  async run(session: Session): Promise<void> {
    const { feed, identity, incoming, list } = this.#ports;
    const welcome = await session.request('hello', {});
    const { userId, serverTime } = welcome;
    // What is on its way here was written by another user.
    if (identity.userId !== undefined && identity.userId !== userId)
      throw new ImError('identity_mismatch', 'the token is of another user', { retryable: false });
    identity.learn(userId);
    feed.setServerTime(serverTime);
    feed.resume();
    await this.#ports.onWelcome(session, welcome);
    const conversations = await this.#ports.http.conversations(this.#changedSince());
    list.load(conversations);
    for (const { conversationId, peer, peerReadSeq } of conversations)
      if (peer && peerReadSeq) incoming.read(conversationId, peer, peerReadSeq);
    const isFirst = !feed.hasBegun;
    if (isFirst) await feed.begin(conversations, serverTime);
    await this.#drain(session, welcome);
    if (!isFirst) await feed.catchUp(conversations);
    this.#caughtUpAtMs = serverTime;
    this.#lostAtMs = undefined;
  }

  /** A page is acknowledged after the program has heard of it: what a crash leaves comes again. */
  async #drain(session: Session, welcome: WelcomeFrame): Promise<void> {
    const { feed } = this.#ports;
    let page = welcome.inbox;
    feed.fromInbox(page.messages);
    while (page.batch !== null) {
      page = await session.request('ackInbox', { batch: page.batch });
      feed.fromInbox(page.messages);
    }
    feed.release();
  }

  #changedSince(): number | undefined {
    const nowMs = this.#ports.environment.wallClockMs();
    return Math.abs(nowMs - (this.#lostAtMs ?? nowMs)) < SHORT_OUTAGE_MS ? this.#caughtUpAtMs : undefined;
  }
}
