import type {
  DeskAgentFrame,
  DeskAssignedPush,
  DeskChatFrame,
  DeskUpdatedPush,
} from '../../../protocol/desk.ts';
import type {
  ErrorFrame,
  HeartbeatFrame,
  InboxFrame,
  OkFrame,
  PresenceFrame,
  ReadPush,
  RecalledPush,
  SentFrame,
  ServerFrame,
  SessionFrame,
  TypingPush,
  WelcomeFrame,
} from '../../../protocol/frames.ts';
import type { SentContent } from '../model/content.ts';

/** A conversation, by its id or by the other user of a direct one. */
export type Target = { readonly to: string } | { readonly conversationId: string };

/** `sendMessage`, without its frame id. */
export type SendFields = Target & {
  readonly clientMsgId: string;
  readonly content: SentContent;
  /** Not the first attempt (docs/protocol.md, section 9). */
  readonly resend?: boolean;
};

/** Which frame is answered by which (section 4). */
interface Exchanges {
  hello: { fields: Record<never, never>; reply: WelcomeFrame };
  ackInbox: { fields: { batch: string }; reply: InboxFrame };
  sendMessage: { fields: SendFields; reply: SentFrame };
  heartbeat: { fields: Record<never, never>; reply: HeartbeatFrame };
  renew: { fields: { token: string }; reply: SessionFrame };
  read: { fields: Target & { seq: number }; reply: OkFrame };
  recall: { fields: Target & { seq: number }; reply: OkFrame };
  presence: { fields: { userIds: readonly string[] } | { conversationId: string }; reply: PresenceFrame };
  'desk.open': { fields: { queue?: string; topic?: string }; reply: DeskChatFrame };
  'desk.close': { fields: { conversationId: string; rating?: number }; reply: DeskChatFrame };
  'desk.transfer': { fields: { conversationId: string; to: string }; reply: DeskChatFrame };
  'desk.ready': { fields: { queues: readonly string[]; capacity: number }; reply: DeskAgentFrame };
  'desk.away': { fields: Record<never, never>; reply: DeskAgentFrame };
}

export type Action = keyof Exchanges;
export type Fields<A extends Action> = Exchanges[A]['fields'];
export type Reply<A extends Action> = Exchanges[A]['reply'];
/** Frames with the id of what they answer. */
export type ReplyFrame = Exclude<Reply<Action>, ErrorFrame>;
/** What happens in a conversation besides messages. */
export type ConversationPush = ReadPush | RecalledPush | TypingPush;
export type DeskPush = DeskAssignedPush | DeskUpdatedPush;

const TYPES = {
  welcome: 1,
  inbox: 1,
  sent: 1,
  heartbeat: 1,
  session: 1,
  ok: 1,
  presence: 1,
  error: 1,
  messages: 1,
  read: 1,
  recalled: 1,
  typing: 1,
  'session.closed': 1,
  'desk.chat': 1,
  'desk.agent': 1,
  'desk.assigned': 1,
  'desk.updated': 1,
} satisfies Record<ServerFrame['type'], 1>;

/**
 * What came in, or undefined if it isn't for this client: the gateway's own frames have no type (IM-FRAME-6), later
 * versions of the protocol have unknown ones (IM-FRAME-1).
 */
export function parseFrame(data: unknown): ServerFrame | undefined {
  if (typeof data !== 'string' || !data.startsWith('{')) return undefined;
  try {
    const frame: { readonly type?: unknown } = JSON.parse(data);
    const isKnown = typeof frame.type === 'string' && Object.hasOwn(TYPES, frame.type);
    return isKnown ? (frame as ServerFrame) : undefined;
  } catch {
    return undefined;
  }
}
