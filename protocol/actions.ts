import type * as z from 'zod/mini';
import {
  type DeskAgentFrame,
  type DeskChatFrame,
  deskAwaySchema,
  deskCloseSchema,
  deskOpenSchema,
  deskReadySchema,
  deskTransferSchema,
} from './desk.ts';
import {
  ackInboxSchema,
  activeSchema,
  type ErrorFrame,
  editSchema,
  type HeartbeatFrame,
  heartbeatSchema,
  helloSchema,
  type InboxFrame,
  liveSchema,
  type MessageFrame,
  type OkFrame,
  type PresenceFrame,
  pinSchema,
  presenceSchema,
  reactSchema,
  readSchema,
  recallSchema,
  renewSchema,
  type SentFrame,
  type ServerPush,
  type SessionFrame,
  sendMessageSchema,
  typingSchema,
  type WelcomeFrame,
} from './frames.ts';

/** The reply's frame: its `type` at run time, its full type at compile time. */
interface AnsweredBy<Frame extends { readonly type: string }> {
  readonly type: Frame['type'];
  /** Only for the compiler, to infer `Frame`. Always `undefined`. */
  readonly frame?: Frame;
}

const by = <Frame extends { readonly type: string }>(type: Frame['type']): AnsweredBy<Frame> => ({ type });

type OptionalPart = 'desk' | 'notifications';

interface ActionSpec {
  readonly request: () => z.ZodMiniType;
  /** null: the server replies only with errors. */
  readonly reply: AnsweredBy<{ readonly type: string }> | null;
  /** The optional part of a deployment that the action belongs to. @default - part of every deployment */
  readonly part?: OptionalPart;
}

/**
 * Every action of a client (docs/protocol.md, section 4), with its request and reply. The source for the routes of the
 * WebSocket API, the dispatch of the `socket` function, the exchanges of the SDK, and the table of frames in
 * docs/protocol.md.
 */
export const ACTIONS = {
  hello: { request: helloSchema, reply: by<WelcomeFrame>('welcome') },
  ackInbox: { request: ackInboxSchema, reply: by<InboxFrame>('inbox') },
  sendMessage: { request: sendMessageSchema, reply: by<SentFrame>('sent') },
  heartbeat: { request: heartbeatSchema, reply: by<HeartbeatFrame>('heartbeat') },
  renew: { request: renewSchema, reply: by<SessionFrame>('session') },
  read: { request: readSchema, reply: by<OkFrame>('ok') },
  edit: { request: editSchema, reply: by<MessageFrame>('message') },
  recall: { request: recallSchema, reply: by<MessageFrame>('message') },
  react: { request: reactSchema, reply: by<MessageFrame>('message') },
  pin: { request: pinSchema, reply: by<MessageFrame>('message') },
  typing: { request: typingSchema, reply: null },
  live: { request: liveSchema, reply: null },
  presence: { request: presenceSchema, reply: by<PresenceFrame>('presence') },
  active: { request: activeSchema, reply: by<OkFrame>('ok'), part: 'notifications' },
  'desk.open': { request: deskOpenSchema, reply: by<DeskChatFrame>('desk.chat'), part: 'desk' },
  'desk.close': { request: deskCloseSchema, reply: by<DeskChatFrame>('desk.chat'), part: 'desk' },
  'desk.ready': { request: deskReadySchema, reply: by<DeskAgentFrame>('desk.agent'), part: 'desk' },
  'desk.away': { request: deskAwaySchema, reply: by<DeskAgentFrame>('desk.agent'), part: 'desk' },
  'desk.transfer': { request: deskTransferSchema, reply: by<DeskChatFrame>('desk.chat'), part: 'desk' },
} as const satisfies Record<string, ActionSpec>;

export type Action = keyof typeof ACTIONS;
/** The actions of an optional part. */
export type PartAction<Part extends OptionalPart> = {
  [A in Action]: (typeof ACTIONS)[A] extends { readonly part: Part } ? A : never;
}[Action];
export type DeskAction = PartAction<'desk'>;

/** A parsed frame of this action. */
export type ActionRequest<A extends Action> = z.output<ReturnType<(typeof ACTIONS)[A]['request']>>;

/** The frame of this action without `action` and `id`, as a client passes it. */
export type ActionFields<A extends Action> = DeepReadonly<
  Omit<z.input<ReturnType<(typeof ACTIONS)[A]['request']>>, 'id'>
>;

type DeepReadonly<Value> = Value extends object
  ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
  : Value;

/** The reply to this action; `never` if it has none. */
export type ActionReply<A extends Action> = A extends Action
  ? (typeof ACTIONS)[A]['reply'] extends AnsweredBy<infer Frame>
    ? Frame
    : never
  : never;

/** The reply without `type` and `id`; `undefined` if there is none. */
export type ReplyFields<A extends Action> = (typeof ACTIONS)[A]['reply'] extends null
  ? undefined
  : Omit<ActionReply<A>, 'type' | 'id'>;

/** Every frame that the server sends. */
export type ServerFrame = ActionReply<Action> | ErrorFrame | ServerPush;

/** Returns the action of this name, if it exists. Clients may send any name, even `constructor`. */
export function actionNamed(name: unknown): Action | undefined {
  return typeof name === 'string' && Object.hasOwn(ACTIONS, name) ? (name as Action) : undefined;
}
