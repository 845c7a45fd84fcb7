import type { ActionFields, ActionReply, Action as AnyAction } from '../../../protocol/actions.ts';
import type { Mentions } from '../../../protocol/frames.ts';
import type { EditedContent } from '../model/content.ts';
import type { Target } from '../model/target.ts';

/** The fields of `sendMessage`. */
export type SendFields = Target & {
  readonly clientMsgId: string;
  readonly content: EditedContent;
  readonly replyTo?: number | undefined;
  readonly mentions?: Mentions | undefined;
  /** True for all but the first attempt (docs/protocol.md, section 4). */
  readonly resend?: boolean | undefined;
};

/** The actions that get a reply (docs/protocol.md, section 4). Fields and replies come from the protocol's table. */
export type Action = { [A in AnyAction]: [ActionReply<A>] extends [never] ? never : A }[AnyAction];
/** Without `action` and `id`. */
export type Fields<A extends Action> = ActionFields<A>;
export type Reply<A extends Action> = ActionReply<A>;
