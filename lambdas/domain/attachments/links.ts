import type { AttachmentLink, AttachmentsBody } from '../../../protocol/attachments.ts';
import type { Attachment } from '../../../protocol/content.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Clock } from '../../shared/clock.ts';
import { NotFoundError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { firstVisibleSeq, type HistoryPorts, isAccessPermanent } from '../messages/history.ts';
import { type AttachmentLinks, filesOf, type LinkFacts, sentKey, thumbnailKey } from '../model/attachment.ts';
import { resolveConversation } from '../model/conversation.ts';
import { type MessageKey, messageAt } from '../model/message.ts';
import type { CallerRoles } from '../model/roles.ts';

export interface LinkPorts extends HistoryPorts {
  readonly attachmentLinks: AttachmentLinks;
  readonly clock: Clock;
}

/** From the beginning of the slot. */
const LINK_SECONDS = 2 * LIMITS.attachmentLinkSlotSeconds;

/**
 * Returns links to the files of a message, for who may read it now (IM-FILE-3). Makes no call to S3.
 * @throws {NotFoundError} the user may not see it, or it has no files (any more)
 */
export async function linkFiles(
  ports: LinkPorts,
  userId: string,
  { seq, ...target }: { readonly conversationId: string; readonly seq: number },
  callerRoles: CallerRoles = { roles: [] },
): Promise<AttachmentsBody> {
  const conversation = resolveConversation(userId, target);
  const [from, message] = await settleAll([
    firstVisibleSeq(ports, userId, conversation, callerRoles),
    messageAt(ports.messages, conversation.conversationId, seq),
  ]);
  // The user may have been removed before the message came (IM-INV-5).
  const stillFrom = isAccessPermanent(conversation, callerRoles)
    ? from
    : await firstVisibleSeq(ports, userId, conversation, callerRoles);
  const files = message && seq >= stillFrom ? filesOf(message) : undefined;
  if (message === undefined || files === undefined) throw new NotFoundError('message with files');
  const slotMs = LIMITS.attachmentLinkSlotSeconds * 1_000;
  const signedAtMs = Math.floor(ports.clock() / slotMs) * slotMs;
  const there = files.attachments.filter(({ removed }) => removed !== true);
  return {
    attachments: await settleAll(there.map((one) => linkOne(ports, message, one, signedAtMs))),
  };
}

async function linkOne(
  { attachmentLinks }: LinkPorts,
  message: MessageKey,
  { attachmentId, name, type, thumbnail }: Attachment,
  signedAtMs: number,
): Promise<AttachmentLink> {
  const key = sentKey(message, attachmentId);
  const url = await attachmentLinks.linkTo(key, { name, ...shownAs(type) }, signedAtMs, LINK_SECONDS);
  const expiresAt = signedAtMs + LINK_SECONDS * 1_000;
  if (thumbnail === undefined) return { attachmentId, url, expiresAt };
  const facts = { name, type: thumbnail.type, disposition: 'inline' } as const;
  const thumbnailUrl = await attachmentLinks.linkTo(thumbnailKey(key), facts, signedAtMs, LINK_SECONDS);
  return { attachmentId, url, thumbnailUrl, expiresAt };
}

/** What a browser may show: nothing that can hold a script, such as SVG and HTML. */
const SHOWN = /^(?:image\/(?:png|jpeg|gif|webp|avif)|audio\/.+|video\/.+|application\/pdf)$/;

/** The type is what the sender said, so nothing else may be shown, whatever is in it. */
function shownAs(type: string): Pick<LinkFacts, 'type' | 'disposition'> {
  return SHOWN.test(type)
    ? { type, disposition: 'inline' }
    : { type: 'application/octet-stream', disposition: 'attachment' };
}
