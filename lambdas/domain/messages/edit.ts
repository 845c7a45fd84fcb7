import type { EditRequest, Message } from '../../../protocol/frames.ts';
import {
  ConflictError,
  EditWindowPassedError,
  ForbiddenError,
  InvalidRequestError,
  UnavailableError,
} from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireNotBlocked } from '../access/direct.ts';
import { enterConversation } from '../access/membership.ts';
import { resolveConversation } from '../model/conversation.ts';
import type { HookQuestion } from '../model/hook.ts';
import { contentOf, type Edit, isRecalled, type StoredMessage } from '../model/message.ts';
import { storedExtra } from '../model/prices.ts';
import { replaced } from './attach.ts';
import { type AskPorts, askHook } from './before-send.ts';
import {
  announce,
  type Changeable,
  type ChangePorts,
  type Changer,
  commitChange,
  findChangeable,
  type MessageTarget,
} from './change.ts';
import { showOneTo } from './show.ts';
import { contentJsonOf, requireMayMention } from './store.ts';

export interface EditPorts extends ChangePorts, AskPorts {
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
 * @throws {InvalidRequestError} it changes more of a message with files than their text (IM-FILE-5)
 * @throws {UnavailableError} a message with files changed at the same time
 * @throws {BlockedContentError} the hook rejects it (IM-HOOK-1)
 */
export async function edit(
  ports: EditPorts,
  changer: Changer,
  { editId, content, mentions, ifRev, ...target }: MessageTarget & EditRequest,
): Promise<Message> {
  const plainJson = content.type === 'file' ? '' : contentJsonOf({ content, mentions });
  const [found, directHead] = await settleAll([
    findChangeable(ports, changer, target),
    ports.hook && readDirectHead(ports, changer.userId, target),
  ]);
  const { message } = found;
  requireRight(message, changer);
  requireMayMention({ from: changer.userId, mentions }, found.head?.group);
  if (found.head?.chat?.state === 'closed') throw new ForbiddenError('This chat is closed.');
  const edited = replaced(contentOf(message), content);
  if (edited === undefined)
    throw new InvalidRequestError([{ path: 'content', message: 'only the text of files may change' }]);
  const hasFiles = edited.type === 'file';
  const contentJson = hasFiles ? contentJsonOf({ content: edited, mentions }) : plainJson;
  if (isInEffect(message, { editId, contentJson, mentions }))
    return showOneTo(ports, changer.userId, message);
  requireRev(message, ifRev);
  const isLate = ports.clock() - message.sentAt >= ports.editWindowMs;
  if (isLate && changer.isService !== true) throw new EditWindowPassedError();
  if (directHead !== undefined && found.conversation.kind === 'direct')
    requireNotBlocked(directHead, found.conversation);
  const judgedJson = await askHook(ports, questionOf(found), { contentJson, mentions });
  if (ports.hook !== undefined) await requireStillOpen(ports, changer, found);
  // The records are those that were read: a file that the operator removes meanwhile must not come back.
  const expected = hasFiles ? (message.rev ?? 0) : ifRev;
  const wanted = { editId, contentJson: judgedJson, mentions, ifRev: expected };
  const contentBytes = Buffer.byteLength(judgedJson);
  const added = storedExtra(contentBytes) - storedExtra(Buffer.byteLength(message.contentJson));
  await ports.budget.charge(Math.max(0, added));
  const write = (atMs: number) => ports.messageWriter.edit(message, { ...wanted, by: changer.userId, atMs });
  const { message: now, isChanged } = await commitChange(ports, found, changer.userId, write, contentBytes);
  // With this `editId` the message is this call's, too: the AWS SDK retried the write after a lost response.
  if (isChanged || now.editId === editId) return announce(ports, found, changer, { kind: 'edited' }, now);
  // Another change came first: a recall, or another edit.
  requireRight(now, changer);
  if (!isInEffect(now, wanted)) {
    requireRev(now, ifRev);
    if (hasFiles) throw new UnavailableError();
  }
  return showOneTo(ports, changer.userId, now);
}

/** Has the blocks of a direct conversation: the hook sees nothing of a blocked user (IM-HOOK-1). */
async function readDirectHead({ conversations }: EditPorts, userId: string, target: MessageTarget) {
  const { kind, conversationId } = resolveConversation(userId, target);
  return kind === 'direct' ? conversations.head(conversationId) : undefined;
}

/** The hook may take seconds: the membership may have ended, or the support chat (IM-HOOK-6). A direct one is asked by its mark. */
async function requireStillOpen(
  { conversations }: EditPorts,
  { userId }: Changer,
  { conversation }: Changeable,
): Promise<void> {
  if (conversation.kind === 'direct') return;
  const { head } = await enterConversation(conversations, userId, conversation);
  if (head.chat?.state === 'closed') throw new ForbiddenError('This chat is closed.');
}

function questionOf({ conversation, message, head }: Changeable): Omit<HookQuestion, 'content'> {
  const { conversationId, kind } = conversation;
  const { from, clientMsgId, seq } = message;
  const memberCount = head?.group && { memberCount: head.group.memberCount };
  return { from, conversationId, kind, ...memberCount, clientMsgId, seq };
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
