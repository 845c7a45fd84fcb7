import type { Message } from '../../../protocol/frames.ts';
import { compose, emitOwn } from '../conversations/compose.ts';
import { ConversationList } from '../conversations/conversation-list.ts';
import { ConversationStates } from '../conversations/conversation-states.ts';
import { Conversations } from '../conversations/conversations.ts';
import { Groups } from '../conversations/groups.ts';
import { ReadReceiptSender } from '../conversations/read-receipt-sender.ts';
import type { ClientEvents } from '../model/events.ts';
import { Outbox } from '../outbox/outbox.ts';
import type { JournalPorts, OutboxJournal } from '../outbox/outbox-journal.ts';
import { Emitter } from '../support/emitter.ts';
import { type Environment, environmentOf, newId } from '../support/environment.ts';
import { defaultLogger, type Logger } from '../support/logger.ts';
import { ServerClock } from '../support/server-clock.ts';
import { CatchUp } from '../sync/catch-up.ts';
import { Incoming } from '../sync/incoming.ts';
import { MessageSync } from '../sync/message-sync.ts';
import { Connection } from '../transport/connection.ts';
import { Foreground } from '../transport/foreground.ts';
import { HttpApi } from '../transport/http-api.ts';
import { Identity } from '../transport/identity.ts';
import { Renewal } from '../transport/renewal.ts';
import { fullJitterBackoff, type RetryPolicy } from '../transport/retry-policy.ts';
import type { Session } from '../transport/session.ts';
import { SessionOpener } from '../transport/session-opener.ts';
import { Tokens } from '../transport/tokens.ts';
import { checkOptions } from './check-options.ts';
import type { ClientOptions } from './client-options.ts';
import { Sessions } from './sessions.ts';

/** Only clients that send files load it. */
const loadUploader = (): Promise<typeof import('../files/uploader.ts')> => import('../files/uploader.ts');

/** The parts that the client and its subpaths use. */
export interface Engine {
  readonly clock: Pick<ServerClock, 'now'>;
  readonly connection: Pick<Connection<Session>, 'state' | 'latest' | 'close'>;
  readonly conversations: Conversations;
  readonly environment: Environment;
  readonly events: Emitter<ClientEvents>;
  readonly groups: Groups;
  readonly http: HttpApi;
  readonly identity: Identity;
  readonly list: Pick<ConversationList, 'summaries' | 'drop'>;
  readonly logger: Logger;
  readonly policy: RetryPolicy;
  readonly sessions: Pick<Sessions, 'connect' | 'current' | 'require' | 'setActive'>;
  report(error: unknown): void;
}

/**
 * Creates all parts of a client in the order in which they depend on each other. Some closures refer to parts that are
 * created later: groups call the incoming, the journal the outbox, the outbox the sync, and the connection the sessions.
 */
export function createEngine(options: ClientOptions): Engine {
  checkOptions(options);
  const environment = environmentOf(options.environment);
  const logger = options.logger ?? defaultLogger;
  const policy = options.retryPolicy ?? fullJitterBackoff(environment);
  const report = (error: unknown): void => logger.error('a listener threw', error);
  const events = new Emitter<ClientEvents>(report);
  const tokens = new Tokens(options.getToken, environment);
  const onLimited = (retryAfterMs: number): void => events.emit('limited', { retryAfterMs });
  const http = new HttpApi(options.httpUrl, tokens, environment, onLimited);
  const identity = new Identity(options.deviceId ?? newId(environment), http);
  const clock = new ServerClock(environment);
  const base = { clock, environment, events, http, identity, logger, policy, report, tokens };

  const groups = new Groups(http, identity, (...read) => incoming.read(...read));
  const states = new ConversationStates(base);
  const list = new ConversationList(identity, states, groups, report, (summaries) =>
    events.emit('conversations', summaries),
  );
  const readReceipts = new ReadReceiptSender(base);
  const journal: OutboxJournal | undefined = options.store?.journal(
    (): JournalPorts => ({
      ...parts,
      compose: (target, draft) => compose(parts, states.open(target), draft),
      withdrawn: (message) => emitOwn(parts, states.open(message.destination.target), 'discarded', message),
    }),
  );
  const outbox = new Outbox({
    ...base,
    journal,
    uploads: {
      upload: async (...work) => (await loadUploader()).upload(base, ...work),
      mend: async (...failure) => (await loadUploader()).mend(http, ...failure),
    },
    onSent: ({ said, content }, { conversationId, messageId, seq, sentAt }) => {
      const from = identity.userId ?? '';
      list.add({ ...said, content, conversationId, seq, messageId, from, sentAt, rev: 0 } as Message);
      sync.settle(conversationId, seq);
    },
  });

  const incoming = new Incoming(identity, states, list, events);
  const sync = new MessageSync({ ...base, outbox, incoming });
  const parts = { ...base, journal, states, list, readReceipts, outbox, incoming, sync };

  const opener = new SessionOpener({
    ...base,
    wsUrl: options.wsUrl,
    listener: {
      onMessages: (messages) => sync.push(messages),
      onPush: (push) => incoming.push(push),
      onServerTime: (epochMs) => clock.learn(epochMs),
      onLimited,
      onFrame: (frame) => events.emit('frame', frame),
    },
  });
  const connection: Connection<Session> = new Connection({
    ...base,
    opener,
    sync: (opened) => sessions.sync(opened),
    onChange: (change) => sessions.onChange(change),
  });
  const sessions = new Sessions({
    ...parts,
    opener,
    connection,
    catchUp: new CatchUp(parts),
    foreground: new Foreground(base),
    renewal: new Renewal({ ...base, connection }),
  });
  const conversations = new Conversations(states, { ...parts, sessions });
  return { ...base, connection, conversations, groups, list, sessions };
}
