import { ulid } from 'ulid';
import type { MessageRequest } from '../../../protocol/frames.ts';
import { IdentityMismatchError } from '../../shared/errors.ts';

export interface PlainFrame {
  readonly fromUser: string;
  readonly toUser: string;
  readonly message: string;
}

/**
 * Converts the frame of an older client to a text message (IM-PLAIN). The frame has no idempotency key, so each frame
 * is a new message.
 * @throws {IdentityMismatchError} `fromUser` is not the connection's user (IM-SEND-6)
 */
export function messageOf({ fromUser, toUser, message }: PlainFrame, userId: string): MessageRequest {
  if (fromUser !== userId) throw new IdentityMismatchError();
  return { clientMsgId: ulid(), to: toUser, content: { type: 'text', text: message } };
}
