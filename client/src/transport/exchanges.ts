import type {
  ActionFields,
  ActionReply,
  Action as AnyAction,
  ServerFrame,
} from '../../../protocol/actions.ts';
import type { SentContent } from '../model/content.ts';
import type { Target } from '../model/target.ts';

/** The fields of `sendMessage`. */
export type SendFields = Target & {
  readonly clientMsgId: string;
  readonly content: SentContent;
  /** True for all but the first attempt (docs/protocol.md, section 4). */
  readonly resend?: boolean;
};

/** The actions that get a reply (section 4). Fields and replies come from the protocol's table. */
export type Action = { [A in AnyAction]: [ActionReply<A>] extends [never] ? never : A }[AnyAction];
/** Without `action` and `id`. */
export type Fields<A extends Action> = ActionFields<A>;
export type Reply<A extends Action> = ActionReply<A>;

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
