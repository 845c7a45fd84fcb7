import type { Mentions } from '../../../protocol/frames.ts';

/** Options of `Conversation.send`. */
export interface SendOptions {
  /**
   * `[A-Za-z0-9_-]{1,64}`. Two sends with the same id are the same message (IM-SEND-2): a bot that derives the id of
   * its answer from the question sends the answer once, however often it restarts. Defaults to a fresh id.
   */
  readonly clientMsgId?: string;
  /** The `seq` of a message of the conversation that this one answers. If there is none, the message fails. */
  readonly replyTo?: number | undefined;
  /**
   * The users that the message mentions: up to 50 user ids, or `'all'`. In groups of more than 100 members only admins may use
   * `'all'`; others' messages fail with `forbidden`.
   */
  readonly mentions?: Mentions | undefined;
}
