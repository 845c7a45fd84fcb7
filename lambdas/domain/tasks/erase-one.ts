import type { Message } from '../../../protocol/frames.ts';
import { NotFoundError } from '../../shared/errors.ts';
import { type AttachPorts, removeObjects } from '../messages/attach.ts';
import { allObjectsOf } from '../model/attachment.ts';
import { messageAt, toMessage } from '../model/message.ts';
import { announceErasure } from './announce-erasure.ts';
import { type EraseOnePorts, eraseNow } from './erase-messages.ts';

/**
 * Erases one message, whoever wrote it, as the erasure of its sender would: content and hash, and what hangs on it; of a system
 * message what a user has typed (IM-ADMIN-3). Unlike a recall, nothing of it can be restored but from a backup. Idempotent.
 * @returns the message as it is now
 * @throws {NotFoundError} no such message
 */
export async function eraseMessage(
  ports: EraseOnePorts & Pick<AttachPorts, 'attachmentFiles'>,
  { conversationId, seq }: { readonly conversationId: string; readonly seq: number },
): Promise<Message> {
  const message = await messageAt(ports.messages, conversationId, seq);
  if (message === undefined) throw new NotFoundError('message');
  const objects = allObjectsOf(message);
  // Before the message: a repeat no longer sees its files.
  await removeObjects(ports, objects);
  await eraseNow(ports, message);
  // A send that was repeated in between has copied them again, and found its message unchanged.
  await removeObjects(ports, objects);
  await announceErasure(ports, message);
  const [erased] = await ports.messages.getMany([message]);
  if (erased === undefined) throw new NotFoundError('message');
  return toMessage(erased);
}
