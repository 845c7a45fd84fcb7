import { ulid } from 'ulid';
import type { AttachmentBody, AttachmentRequest } from '../../../protocol/attachments.ts';
import type { Attachment } from '../../../protocol/content.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Clock } from '../../shared/clock.ts';
import { InvalidRequestError, PayloadTooLargeError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { enterConversation } from '../access/membership.ts';
import { refuseSystemAsPeer, requireMaySend } from '../messages/before-send.ts';
import {
  type AttachmentForms,
  type AttachmentRecords,
  pendingKey,
  thumbnailKey,
} from '../model/attachment.ts';
import type { Budget } from '../model/budget.ts';
import { type Conversation, type ConversationReader, resolveConversation } from '../model/conversation.ts';
import { uploadPrice } from '../model/prices.ts';

export interface UploadPorts {
  readonly conversations: ConversationReader;
  readonly attachmentRecords: AttachmentRecords;
  readonly attachmentForms: AttachmentForms;
  readonly attachmentLimits: AttachmentLimits;
  readonly budget: Budget;
  readonly clock: Clock;
}

/** What the operator lets users send. */
export interface AttachmentLimits {
  readonly maxBytes: number;
  /** Such as `image/*` or `application/pdf`; empty: any. */
  readonly types: readonly string[];
}

/**
 * Notes a file that shall be sent, and answers a form that uploads it (IM-FILE-1). Makes no call to S3.
 * @throws {PayloadTooLargeError} it is larger than the operator allows
 * @throws {InvalidRequestError} it is of another type than the operator allows
 * @throws {NotFoundError} the user may not see the conversation
 * @throws {ForbiddenError} the user may not write in it
 * @throws {RateLimitedError} the budget is used up
 */
export async function requestUpload(
  ports: UploadPorts,
  userId: string,
  { to, conversationId: target, ...facts }: AttachmentRequest,
): Promise<AttachmentBody> {
  const conversation = resolveConversation(userId, { to, conversationId: target });
  refuseSystemAsPeer(conversation);
  requireAllowed(ports.attachmentLimits, facts);
  await requireMayWrite(ports, userId, conversation);
  const { attachmentRecords, budget, clock } = ports;
  const nowMs = clock();
  const attachment: Attachment = withoutUndefined({ attachmentId: ulid(nowMs), ...facts });
  await budget.debit(uploadPrice(attachment));
  const { conversationId } = conversation;
  const [forms] = await settleAll([
    formsFor(ports, userId, attachment, nowMs),
    attachmentRecords.put({ owner: userId, conversationId, attachment }),
  ]);
  const { attachmentId } = attachment;
  return { attachmentId, ...forms, expiresAt: nowMs + LIMITS.uploadSeconds * 1_000 };
}

function requireAllowed(
  { maxBytes, types }: AttachmentLimits,
  { size, type }: Pick<AttachmentRequest, 'size' | 'type'>,
): void {
  if (size > maxBytes) throw new PayloadTooLargeError(size, maxBytes, 'file');
  const [family] = type.split('/');
  if (types.length > 0 && !types.includes(type) && !types.includes(`${family}/*`))
    throw new InvalidRequestError([{ path: 'type', message: `must be one of ${types.join(', ')}` }]);
}

/** As a message would be refused, but for slow mode: the file may be uploaded while its sender waits. */
async function requireMayWrite(
  { conversations, clock }: UploadPorts,
  userId: string,
  conversation: Conversation,
): Promise<void> {
  const head =
    conversation.kind === 'direct'
      ? await conversations.head(conversation.conversationId)
      : (await enterConversation(conversations, userId, conversation)).head;
  requireMaySend(conversation, { from: userId, clientMsgId: '' }, head, undefined, clock());
}

async function formsFor(
  { attachmentForms }: UploadPorts,
  userId: string,
  { attachmentId, type, size, thumbnail }: Attachment,
  nowMs: number,
): Promise<Pick<AttachmentBody, 'upload' | 'thumbnailUpload'>> {
  const key = pendingKey(userId, attachmentId);
  const upload = await attachmentForms.formFor({ key, type, size }, nowMs);
  if (thumbnail === undefined) return { upload };
  const small = { key: thumbnailKey(key), type: thumbnail.type, size: thumbnail.size };
  return { upload, thumbnailUpload: await attachmentForms.formFor(small, nowMs) };
}

function withoutUndefined<Facts extends object>(
  facts: Facts,
): { [Name in keyof Facts]: Exclude<Facts[Name], undefined> } {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as never;
}
