import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { LIMITS } from '../../protocol/limits.ts';
import type { AttachmentScans, AttachmentScanWriter } from '../domain/model/attachment-scan.ts';
import { type Clock, epochSecondsAfter } from '../shared/clock.ts';
import { batchGet, call, unlessRefused } from './dynamodb.ts';

/*
 * Results of scans, in the conversation table, for a day. An object's name has no user id, so the row has none.
 *
 *   pk           sk     attributes
 *   scan#<key>   scan   etag, isClean, at, ttl
 *
 * Access      Call           Units
 * record      UpdateItem     1 write
 * find ≤ 20   BatchGetItem   1 read each, strong: the scanner may have answered just now
 */

const SK = 'scan';

export function createAttachmentScans(documents: DynamoDBDocumentClient, tableName: string): AttachmentScans {
  return {
    async find(keys) {
      const items = await batchGet(
        documents,
        tableName,
        keys.map((key) => ({ pk: partition(key), sk: SK })),
      );
      return new Map(
        items.map(({ pk, etag, isClean, at }) => {
          const key = String(pk).slice(partition('').length);
          return [key, { key, etag: String(etag), isClean: isClean === true, scannedAtMs: Number(at) }];
        }),
      );
    },
  };
}

export function createAttachmentScanWriter(
  documents: DynamoDBDocumentClient,
  { tableName, clock }: { readonly tableName: string; readonly clock: Clock },
): AttachmentScanWriter {
  return {
    async record({ key, etag, isClean, scannedAtMs }) {
      const command = new UpdateCommand({
        TableName: tableName,
        Key: { pk: partition(key), sk: SK },
        UpdateExpression: 'SET etag = :etag, isClean = :isClean, #at = :at, #ttl = :ttl',
        // Events come in any order. After malware, a key gets no second try.
        ConditionExpression: isClean
          ? 'attribute_not_exists(pk) OR (isClean = :isClean AND #at <= :at)'
          : 'attribute_not_exists(pk) OR isClean <> :isClean OR #at <= :at',
        ExpressionAttributeNames: { '#at': 'at', '#ttl': 'ttl' },
        ExpressionAttributeValues: {
          ':etag': etag,
          ':isClean': isClean,
          ':at': scannedAtMs,
          ':ttl': epochSecondsAfter(clock(), LIMITS.attachmentPendingSeconds),
        },
      });
      await unlessRefused(() => call(() => documents.send(command)));
    },
  };
}

function partition(key: string): string {
  return `scan#${key}`;
}
