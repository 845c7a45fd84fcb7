import { DeleteObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { type AttachmentFolders, foldersOf } from '../domain/model/attachment.ts';
import { settleAll } from '../shared/settle.ts';

/*
 * The folders of a user in the bucket of attachments, for tasks.
 *
 * Access    Call                                            Price
 * empty     ListObjectsV2 of both, DeleteObject each        one request for 100 objects each; a deletion is free
 */

const TIMEOUT_MS = 5_000;
const KEYS = 100;
const DELETES_AT_ONCE = 10;

export function createAttachmentFolders(Bucket: string): AttachmentFolders {
  const client = new S3Client({
    requestHandler: { connectionTimeout: 1_000, requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
  });
  return {
    async empty(userId) {
      const pages = await settleAll(
        foldersOf(userId).map((Prefix) =>
          client.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: KEYS })),
        ),
      );
      const keys = pages.flatMap(({ Contents = [] }) => Contents.map(({ Key }) => Key));
      const atOnce = pLimit(DELETES_AT_ONCE);
      await settleAll(keys.map((Key) => atOnce(() => client.send(new DeleteObjectCommand({ Bucket, Key })))));
      return keys.length;
    },
  };
}
