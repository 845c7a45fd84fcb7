import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Attachment } from '../../protocol/content.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { AttachmentRecords } from '../domain/model/attachment.ts';
import { type Clock, epochSecondsAfter } from '../shared/clock.ts';
import { batchGet, call } from './dynamodb.ts';

/*
 * Records of uploads, in the conversation table, for a day.
 *
 *   pk                sk               attributes
 *   files#<userId>    <attachmentId>   conversationId, file (map), ttl
 *
 * Access      Call           Units
 * put         PutItem        1 write
 * find ≤ 10   BatchGetItem   1 read each, strong: a message follows its upload at once
 */

export interface AttachmentTableProps {
  readonly tableName: string;
  readonly clock: Clock;
}

export function createAttachmentRecords(
  documents: DynamoDBDocumentClient,
  { tableName, clock }: AttachmentTableProps,
): AttachmentRecords {
  return {
    async put({ owner, conversationId, attachment: { attachmentId, ...file } }) {
      const Item = {
        pk: filesPartition(owner),
        sk: attachmentId,
        conversationId,
        file,
        ttl: epochSecondsAfter(clock(), LIMITS.attachmentPendingSeconds),
      };
      await call(() => documents.send(new PutCommand({ TableName: tableName, Item })));
    },

    async find(owner, attachmentIds) {
      const keys = attachmentIds.map((sk) => ({ pk: filesPartition(owner), sk }));
      const items = await batchGet(documents, tableName, keys);
      // DynamoDB deletes expired items days later.
      const valid = items.filter(({ ttl }) => Number(ttl) > clock() / 1_000);
      return new Map(
        valid.map(({ sk, conversationId, file }) => {
          const attachmentId = String(sk);
          const attachment = { attachmentId, ...(file as Omit<Attachment, 'attachmentId'>) };
          return [attachmentId, { owner, conversationId: String(conversationId), attachment }];
        }),
      );
    },
  };
}

export function filesPartition(userId: string): string {
  return `files#${userId}`;
}
