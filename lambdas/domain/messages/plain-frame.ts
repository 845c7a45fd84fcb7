import { ulid } from 'ulid';
import type { MessageRequest } from '../../../protocol/frames.ts';
import { IdentityMismatchError } from '../../shared/errors.ts';

export interface PlainFrame {
  readonly fromUser: string;
  readonly toUser: string;
  readonly message: string;
}

/**
 * The text message that an older client means (IM-PLAIN). Its frame has no key by which a repeat could be known: each
 * is a message of its own.
 * @throws {IdentityMismatchError} who speaks is the connection's user, whatever the frame says (IM-SEND-6)
 */
export function messageOf({ fromUser, toUser, message }: PlainFrame, userId: string): MessageRequest {
  if (fromUser !== userId) throw new IdentityMismatchError();
  return { clientMsgId: ulid(), to: toUser, content: { type: 'text', text: message } };
}
