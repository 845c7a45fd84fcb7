import { ulid } from 'ulid';
import type { SystemContent } from '../../../protocol/content.ts';
import type { Clock } from '../../shared/clock.ts';
import { NotFoundError, UnavailableError } from '../../shared/errors.ts';
import { canonicalJson, sha256 } from '../../shared/json.ts';
import type { ConversationWriter } from '../model/conversation.ts';
import type { StoredMessage } from '../model/message.ts';

export interface SystemMessagePorts {
  readonly conversationWriter: ConversationWriter;
  readonly clock: Clock;
}

/** Builds a system message with the next seq. Does not store it. */
export async function nextSystemMessage(
  ports: SystemMessagePorts,
  conversationId: string,
  content: Omit<SystemContent, 'type'>,
): Promise<StoredMessage> {
  const clientMsgId = `sys-${ulid(ports.clock())}`;
  const allocation = await ports.conversationWriter.nextSeq(conversationId, content.by, clientMsgId);
  if (allocation.seq === undefined)
    throw allocation.refused === 'importing' ? new UnavailableError() : new NotFoundError();
  return systemMessage(ports, conversationId, allocation.seq, content, clientMsgId);
}

export function systemMessage(
  { clock }: Pick<SystemMessagePorts, 'clock'>,
  conversationId: string,
  seq: number,
  content: Omit<SystemContent, 'type'>,
  clientMsgId = `sys-${ulid(clock())}`,
): StoredMessage {
  const sentAt = clock();
  const contentJson = canonicalJson({ type: 'system', ...content }, 'content');
  const contentHash = sha256(contentJson);
  return {
    conversationId,
    from: content.by,
    clientMsgId,
    seq,
    messageId: ulid(sentAt),
    sentAt,
    contentJson,
    contentHash,
  };
}
