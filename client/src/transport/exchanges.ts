import type { DeskAgentFrame, DeskChatFrame } from '../../../protocol/desk.ts';
import type {
  HeartbeatFrame,
  InboxFrame,
  OkFrame,
  PresenceFrame,
  SentFrame,
  ServerFrame,
  SessionFrame,
  WelcomeFrame,
} from '../../../protocol/frames.ts';
import type { SentContent } from '../model/content.ts';
import type { Target } from '../model/target.ts';

/** The fields of `sendMessage`. */
export type SendFields = Target & {
  readonly clientMsgId: string;
  readonly content: SentContent;
  /** Not the first attempt (docs/protocol.md, section 9). */
  readonly resend?: boolean;
};

/** The actions that get a reply: the fields of each, without `action` and `id`, and its reply (section 4). */
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

const REPLY_TYPES = {
  welcome: 1,
  inbox: 1,
  sent: 1,
  heartbeat: 1,
  session: 1,
  ok: 1,
  presence: 1,
  'desk.chat': 1,
  'desk.agent': 1,
} satisfies Record<Reply<Action>['type'], 1>;

/** Whether a frame is a reply. Later versions of the protocol have types that this client ignores (IM-FRAME-1). */
export function isReply(frame: ServerFrame): frame is Reply<Action> {
  return Object.hasOwn(REPLY_TYPES, frame.type);
}
