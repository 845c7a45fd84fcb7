import type * as z from 'zod/mini';
import {
  deskAwaySchema,
  deskCloseSchema,
  deskOpenSchema,
  deskReadySchema,
  deskTransferSchema,
} from './desk.ts';
import {
  ackInboxSchema,
  heartbeatSchema,
  helloSchema,
  presenceSchema,
  readSchema,
  recallSchema,
  renewSchema,
  type ServerFrame,
  sendMessageSchema,
  typingSchema,
} from './frames.ts';

interface ActionSpec {
  readonly request: z.ZodMiniType;
  /** The `type` of the frame that answers; null: only a refusal is answered. */
  readonly reply: ServerFrame['type'] | null;
  /** The part of a deployment that it belongs to, and is left out with. @default - always there */
  readonly part?: 'desk';
}

/**
 * Every action of a client (section 4): what it takes and what answers it. The routes of the WebSocket API, the dispatch of
 * the `socket` function, the exchanges of the SDK, and the table of frames in docs/protocol.md all follow from this table.
 */
export const ACTIONS = {
  hello: { request: helloSchema, reply: 'welcome' },
  ackInbox: { request: ackInboxSchema, reply: 'inbox' },
  sendMessage: { request: sendMessageSchema, reply: 'sent' },
  heartbeat: { request: heartbeatSchema, reply: 'heartbeat' },
  renew: { request: renewSchema, reply: 'session' },
  read: { request: readSchema, reply: 'ok' },
  recall: { request: recallSchema, reply: 'ok' },
  typing: { request: typingSchema, reply: null },
  presence: { request: presenceSchema, reply: 'presence' },
  'desk.open': { request: deskOpenSchema, reply: 'desk.chat', part: 'desk' },
  'desk.close': { request: deskCloseSchema, reply: 'desk.chat', part: 'desk' },
  'desk.ready': { request: deskReadySchema, reply: 'desk.agent', part: 'desk' },
  'desk.away': { request: deskAwaySchema, reply: 'desk.agent', part: 'desk' },
  'desk.transfer': { request: deskTransferSchema, reply: 'desk.chat', part: 'desk' },
} as const satisfies Record<string, ActionSpec>;

export type Action = keyof typeof ACTIONS;
export type DeskAction = {
  [A in Action]: (typeof ACTIONS)[A] extends { readonly part: 'desk' } ? A : never;
}[Action];

/** A parsed frame of this action. */
export type ActionRequest<A extends Action> = z.output<(typeof ACTIONS)[A]['request']>;

/** The frame that answers this action; `never`: none does. */
export type ActionReply<A extends Action> = Extract<
  ServerFrame,
  { readonly type: (typeof ACTIONS)[A]['reply'] }
>;

/** The same without what every answer has. `undefined`: none answers. */
export type ReplyFields<A extends Action> = (typeof ACTIONS)[A]['reply'] extends null
  ? undefined
  : Omit<ActionReply<A>, 'type' | 'id'>;

/** @returns the action of this name, if there is one: a client may name anything, `constructor` too */
export function actionNamed(name: unknown): Action | undefined {
  return typeof name === 'string' && Object.hasOwn(ACTIONS, name) ? (name as Action) : undefined;
}
