import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { s3Client } from '../../local/emulators/clients.ts';
import type { AttachmentBody, UploadForm } from '../../protocol/attachments.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import { directId, joinPair, type Pair, type Scenario } from './scenario.ts';

const MOST_ROUNDS = 5;
const MANY = 10;
/** Small, so that what is compared with a price is what the functions call: storage and downloads are no calls of theirs. */
const SIZE = 100;
const PICTURE = { name: 'picture.jpg', size: SIZE, type: 'image/jpeg', width: 1_600, height: 1_200 };
const THUMBNAIL = { size: SIZE, type: 'image/webp', width: 320, height: 240 };

/** Files are uploaded, sent, seen, and recalled. */
export const files: Scenario = {
  name: 'files',
  isChecked: true,
  async run({ stack, rounds, measure }) {
    const client = s3Client(stack.runtime.endpoints.s3);
    for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round += 1) {
      const pair = await joinPair(stack);
      const { a, b, alice, bob } = pair;
      await alice.request(sendingFiles(b, [await upload(stack, client, pair)]));
      const body = { ...PICTURE, thumbnail: THUMBNAIL, to: b };
      const asked = await measure('an upload asked for, with a thumbnail', () =>
        stack.http(a, '/attachments', { method: 'POST', body }),
      );
      const one = await uploadTo(stack, client, asked as AttachmentBody);
      const { seq } = await measure('a message with a picture, and its thumbnail', () =>
        alice.request(sendingFiles(b, [one])),
      );
      const many: string[] = [];
      for (let n = 0; n < MANY; n += 1) many.push(await upload(stack, client, pair));
      await measure(`a message with ${MANY} files`, () => alice.request(sendingFiles(b, many)));
      const path = `/conversations/${encodeURIComponent(directId(a, b))}/messages/${seq}/attachments`;
      await measure('links to a picture', () => stack.http(b, path));
      await measure('a recall of a picture', () => alice.request({ action: 'recall', to: b, seq }));
      await stack.leave(alice, bob);
    }
    client.destroy();
  },
};

async function upload(stack: BenchStack, client: S3Client, { a, b }: Pair): Promise<string> {
  const body = await stack.http(a, '/attachments', { method: 'POST', body: { ...PICTURE, to: b } });
  return uploadTo(stack, client, body as AttachmentBody);
}

async function uploadTo(
  { runtime }: BenchStack,
  client: S3Client,
  { attachmentId, upload: form, thumbnailUpload }: AttachmentBody,
): Promise<string> {
  const put = ({ fields }: UploadForm) =>
    client.send(
      new PutObjectCommand({
        Bucket: runtime.outputs['AttachmentsBucketName'],
        Key: fields['key'],
        Body: 'x'.repeat(SIZE),
      }),
    );
  await put(form);
  if (thumbnailUpload !== undefined) await put(thumbnailUpload);
  return attachmentId;
}

let sends = 0;
function sendingFiles(to: string, ids: readonly string[]) {
  sends += 1;
  const content = { type: 'file', attachments: ids.map((attachmentId) => ({ attachmentId })) };
  return { action: 'sendMessage', clientMsgId: `files-${String(sends).padStart(7, '0')}`, to, content };
}
