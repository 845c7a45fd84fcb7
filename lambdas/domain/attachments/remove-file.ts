import type { FileContent } from '../../../protocol/content.ts';
import type { Message } from '../../../protocol/frames.ts';
import { SYSTEM } from '../../../protocol/ids.ts';
import { NotFoundError, UnavailableError } from '../../shared/errors.ts';
import { canonicalJson } from '../../shared/json.ts';
import { settleAll } from '../../shared/settle.ts';
import { OPERATOR } from '../access/operator.ts';
import { type AttachPorts, removeObjects } from '../messages/attach.ts';
import { announce, type ChangePorts, commitChange, findChangeable } from '../messages/change.ts';
import { filesOf, pendingKey, sentKey, thumbnailKey } from '../model/attachment.ts';
import { type StoredMessage, toMessage } from '../model/message.ts';

export interface RemoveFilePorts extends ChangePorts, Pick<AttachPorts, 'attachmentFiles'> {}

export interface FilePlace {
  readonly conversationId: string;
  readonly seq: number;
  readonly attachmentId: string;
}

/**
 * Removes one file of any message, for the operator (IM-FILE-8): its entry stays, and says so. Idempotent.
 * @returns the message as it is now
 * @throws {NotFoundError} no such message, or it has no such file
 * @throws {UnavailableError} it changed at the same time, or the file may still be in the bucket: repeat it
 */
export async function removeFile(
  ports: RemoveFilePorts,
  { attachmentId, ...target }: FilePlace,
): Promise<Message> {
  const found = await findChangeable(ports, OPERATOR, target);
  const { message } = found;
  const files = filesOf(message);
  const file = files?.attachments.find((one) => one.attachmentId === attachmentId);
  if (files === undefined || file === undefined) throw new NotFoundError('file');
  const copies = [sentKey(message, attachmentId), pendingKey(message.from, attachmentId)];
  const deleting = () => removeObjects(ports, [...copies, ...copies.map(thumbnailKey)]);
  if (file.removed) {
    // The call that removed it may have died, or got no answer from S3, before the objects were deleted.
    await deleting();
    return toMessage(message);
  }
  const contentJson = canonicalJson(without(files, attachmentId), 'content');
  const { message: now } = await commitChange(ports, found, undefined, (atMs) =>
    ports.messageWriter.replaceContent(message, contentJson, message.rev ?? 0, { by: SYSTEM, atMs }),
  );
  if (hasFile(now, attachmentId)) throw new UnavailableError();
  const [shown] = await settleAll([announce(ports, found, OPERATOR, { kind: 'edited' }, now), deleting()]);
  return shown;
}

function without({ attachments, ...content }: FileContent, attachmentId: string): FileContent {
  return {
    ...content,
    attachments: attachments.map((one) => {
      if (one.attachmentId !== attachmentId) return one;
      const { name, size, type } = one;
      return { attachmentId, name, size, type, removed: true };
    }),
  };
}

/** Another change came first. A recall has taken the files along. */
function hasFile(message: StoredMessage, attachmentId: string): boolean {
  const { attachments = [] } = filesOf(message) ?? {};
  return attachments.some((one) => one.attachmentId === attachmentId && one.removed !== true);
}
