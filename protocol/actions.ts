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
  type ErrorFrame,
  type HeartbeatFrame,
  heartbeatSchema,
  helloSchema,
  type InboxFrame,
  type OkFrame,
  type PresenceFrame,
  presenceSchema,
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

/** The frame that answers: its `type` as a value, the frame itself only as a type. */
interface AnsweredBy<Frame extends { readonly type: string }> {
  readonly type: Frame['type'];
  /** Never there. */
  readonly frame?: Frame;
}

const by = <Frame extends { readonly type: string }>(type: Frame['type']): AnsweredBy<Frame> => ({ type });

interface ActionSpec {
  readonly request: () => z.ZodMiniType;
  /** null: only a refusal is answered. */
  readonly reply: AnsweredBy<{ readonly type: string }> | null;
  /** The part of a deployment that it belongs to, and is left out with. @default - always there */
  readonly part?: 'desk';
}

/**
 * Every action of a client (section 4): what it takes and what answers it. The routes of the WebSocket API, the dispatch of
 * the `socket` function, the exchanges of the SDK, and the table of frames in docs/protocol.md all follow from this table.
 */
export const ACTIONS = {
  hello: { request: helloSchema, reply: by<WelcomeFrame>('welcome') },
  ackInbox: { request: ackInboxSchema, reply: by<InboxFrame>('inbox') },
  sendMessage: { request: sendMessageSchema, reply: by<SentFrame>('sent') },
  heartbeat: { request: heartbeatSchema, reply: by<HeartbeatFrame>('heartbeat') },
  renew: { request: renewSchema, reply: by<SessionFrame>('session') },
  read: { request: readSchema, reply: by<OkFrame>('ok') },
  recall: { request: recallSchema, reply: by<OkFrame>('ok') },
  typing: { request: typingSchema, reply: null },
  presence: { request: presenceSchema, reply: by<PresenceFrame>('presence') },
  'desk.open': { request: deskOpenSchema, reply: by<DeskChatFrame>('desk.chat'), part: 'desk' },
  'desk.close': { request: deskCloseSchema, reply: by<DeskChatFrame>('desk.chat'), part: 'desk' },
  'desk.ready': { request: deskReadySchema, reply: by<DeskAgentFrame>('desk.agent'), part: 'desk' },
  'desk.away': { request: deskAwaySchema, reply: by<DeskAgentFrame>('desk.agent'), part: 'desk' },
  'desk.transfer': { request: deskTransferSchema, reply: by<DeskChatFrame>('desk.chat'), part: 'desk' },
} as const satisfies Record<string, ActionSpec>;

export type Action = keyof typeof ACTIONS;
export type DeskAction = {
  [A in Action]: (typeof ACTIONS)[A] extends { readonly part: 'desk' } ? A : never;
}[Action];

/** A parsed frame of this action. */
export type ActionRequest<A extends Action> = z.output<ReturnType<(typeof ACTIONS)[A]['request']>>;

/** What a client gives for this action: its frame without `action` and `id`. */
export type ActionFields<A extends Action> = DeepReadonly<
  Omit<z.input<ReturnType<(typeof ACTIONS)[A]['request']>>, 'id'>
>;

type DeepReadonly<Value> = Value extends object
  ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
  : Value;

/** The frame that answers this action; `never`: none does. */
export type ActionReply<A extends Action> = A extends Action
  ? (typeof ACTIONS)[A]['reply'] extends AnsweredBy<infer Frame>
    ? Frame
    : never
  : never;

/** The same without what every answer has. `undefined`: none answers. */
export type ReplyFields<A extends Action> = (typeof ACTIONS)[A]['reply'] extends null
  ? undefined
  : Omit<ActionReply<A>, 'type' | 'id'>;

/** Everything that the server sends. */
export type ServerFrame = ActionReply<Action> | ErrorFrame | ServerPush;

/** @returns the action of this name, if there is one: a client may name anything, `constructor` too */
export function actionNamed(name: unknown): Action | undefined {
  return typeof name === 'string' && Object.hasOwn(ACTIONS, name) ? (name as Action) : undefined;
}
