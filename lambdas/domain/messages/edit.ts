import type { EditRequest, Message } from '../../../protocol/frames.ts';
import { ConflictError, EditWindowPassedError, ForbiddenError } from '../../shared/errors.ts';
import { contentOf, type Edit, isRecalled, type StoredMessage } from '../model/message.ts';
import { storedExtra } from '../model/prices.ts';
import {
  announce,
  type ChangePorts,
  type Changer,
  commitChange,
  findChangeable,
  type MessageTarget,
} from './change.ts';
import { showOneTo } from './show.ts';
import { contentJsonOf, requireMayMention } from './store.ts';

export interface EditPorts extends ChangePorts {
  /** How long after `sentAt` a user may edit; 0: never. */
  readonly editWindowMs: number;
}

/**
 * Replaces the content of one's own message (IM-EDIT). The hash stays that of the first content, so a repeat of the send
 * finds its original and doesn't undo the edit. Idempotent by `editId`, and when the content is the same.
 * @returns the message as it is now
 * @throws {ForbiddenError} another user's message, a system message, or one that was recalled; the peer has blocked the user
 * @throws {EditWindowPassedError} too late, and the user is not a service
 * @throws {ConflictError} the message has another `rev` than `ifRev`
 * @throws {NotFoundError} no such message, or the user may not see it
 * @throws {PayloadTooLargeError} the content exceeds 16,384 bytes as canonical JSON
 */
export async function edit(
  ports: EditPorts,
  changer: Changer,
  { editId, content, mentions, ifRev, ...target }: MessageTarget & EditRequest,
): Promise<Message> {
  const contentJson = contentJsonOf({ content, mentions });
  const found = await findChangeable(ports, changer, target);
  const { message } = found;
  requireRight(message, changer);
  requireMayMention({ from: changer.userId, mentions }, found.head?.group);
  if (found.head?.chat?.state === 'closed') throw new ForbiddenError('This chat is closed.');
  const wanted = { editId, contentJson, mentions, ifRev };
  if (isInEffect(message, wanted)) return showOneTo(ports, changer.userId, message);
  requireRev(message, ifRev);
  const isLate = ports.clock() - message.sentAt >= ports.editWindowMs;
  if (isLate && changer.isService !== true) throw new EditWindowPassedError();
  const contentBytes = Buffer.byteLength(contentJson);
  const added = storedExtra(contentBytes) - storedExtra(Buffer.byteLength(message.contentJson));
  await ports.budget.charge(Math.max(0, added));
  const write = (atMs: number) => ports.messageWriter.edit(message, { ...wanted, atMs });
  const { message: now, isChanged } = await commitChange(ports, found, changer.userId, write, contentBytes);
  // With this `editId` the message is this call's, too: the AWS SDK retried the write after a lost response.
  if (isChanged || now.editId === editId) return announce(ports, found, changer, { kind: 'edited' }, now);
  // Another change came first: a recall, or another edit.
  requireRight(now, changer);
  if (!isInEffect(now, wanted)) requireRev(now, ifRev);
  return showOneTo(ports, changer.userId, now);
}

function requireRight(message: StoredMessage, { userId }: Changer): void {
  if (message.from !== userId || contentOf(message).type === 'system')
    throw new ForbiddenError('Only its sender may edit a message.');
  if (isRecalled(message)) throw new ForbiddenError('The message was recalled.');
}

function isInEffect(
  { editId, contentJson, mentions }: StoredMessage,
  wanted: Pick<Edit, 'editId' | 'contentJson' | 'mentions'>,
): boolean {
  const isSame =
    contentJson === wanted.contentJson && JSON.stringify(mentions) === JSON.stringify(wanted.mentions);
  return editId === wanted.editId || isSame;
}

function requireRev({ rev = 0 }: StoredMessage, ifRev: number | undefined): void {
  if (ifRev !== undefined && ifRev !== rev)
    throw new ConflictError(`The message has changed: its rev is ${rev}.`);
}
