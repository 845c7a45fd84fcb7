import type { RecalledContent } from '../../../protocol/content.ts';
import type { Message } from '../../../protocol/frames.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { ForbiddenError, RecallWindowPassedError } from '../../shared/errors.ts';
import { canonicalJson } from '../../shared/json.ts';
import { settleAll } from '../../shared/settle.ts';
import { allObjectsOf, filesOf, namesOf } from '../model/attachment.ts';
import { contentOf, isRecalled, toMessage } from '../model/message.ts';
import { type AttachPorts, removeObjects } from './attach.ts';
import {
  announce,
  type Changeable,
  type Changer,
  commitChange,
  findChangeable,
  type MessageTarget,
} from './change.ts';
import type { PinPorts } from './pin.ts';
import type { ReactPorts } from './react.ts';

export interface RecallPorts extends ReactPorts, PinPorts, Pick<AttachPorts, 'attachmentFiles'> {}

/**
 * Redacts a stored message. History, inbox, and `lastMessage` all read this one item, so every later read is redacted
 * (IM-FAULT-15). Then pushes the change to the members who are online. Idempotent.
 * @returns the message as it is now
 * @throws {RecallWindowPassedError} the message is older than 2 minutes, and the user is neither an admin, a service, nor the operator
 * @throws {ForbiddenError} another user's message and the user is not an admin, or a system message
 * @throws {NotFoundError} no such message, or the user may not see it
 * @throws {UnavailableError} it is recalled, but its files may still be in the bucket: a repeat deletes them (IM-FILE-4)
 */
export async function recall(ports: RecallPorts, changer: Changer, target: MessageTarget): Promise<Message> {
  const found = await findChangeable(ports, changer, target);
  const { message, isAdmin } = found;
  requireRight(found, changer);
  if (isRecalled(message)) {
    // The call that recalled it may have died, or got no answer from S3, before the objects were deleted.
    await removeObjects(ports, allObjectsOf(message));
    return toMessage(message);
  }
  const isLate = ports.clock() - message.sentAt > LIMITS.recallWindowMs;
  if (isLate && !isAdmin && changer.isService !== true && changer.isOperator !== true)
    throw new RecallWindowPassedError();
  let contentJson = '';
  const { message: recalled } = await commitChange(ports, found, undefined, (at) => {
    const content: RecalledContent = { type: 'recalled', by: changer.userId, at };
    contentJson = canonicalJson(content, 'content');
    const files = filesOf(message);
    const author = { by: changer.userId, atMs: at };
    return ports.messageWriter.recall(message, contentJson, author, files && namesOf(files));
  });
  // Equal, too, if the AWS SDK retried the write after a lost response: then the first attempt has written it.
  if (recalled.contentJson !== contentJson) {
    await removeObjects(ports, allObjectsOf(recalled));
    return toMessage(recalled);
  }
  // A change since the first read may have been a reaction or a pin.
  const wasLast = recalled.rev === (message.rev ?? 0) + 1;
  await settleAll([
    (message.reactions !== undefined || !wasLast) && ports.reactionWriter.forget(message),
    (message.pin?.pinned !== undefined || !wasLast) && ports.pinWriter.unpin(message),
  ]);
  const [shown] = await settleAll([
    announce(ports, found, changer, { kind: 'recalled' }, recalled),
    // After the push: a failure makes the recall unavailable, so that it is repeated.
    removeObjects(ports, allObjectsOf(recalled)),
  ]);
  return shown;
}

/** Applies to a message that was recalled before, too. */
function requireRight({ message, isAdmin }: Changeable, { userId, isOperator = false }: Changer): void {
  if (contentOf(message).type === 'system') throw new ForbiddenError("System messages can't be recalled.");
  if (!isAdmin && !isOperator && message.from !== userId)
    throw new ForbiddenError('Only its sender or an admin may recall a message.');
}
