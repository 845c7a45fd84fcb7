import { requestUpload } from '../../../lambdas/domain/attachments/upload.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import type { AttachmentRequest } from '../../../protocol/attachments.ts';
import type { SentFiles } from '../../../protocol/content.ts';
import type { World } from '../../adapters/memory/world.ts';

export type FileTarget = Pick<AttachmentRequest, 'to' | 'conversationId'>;

export const PICTURE = { name: 'cat.jpg', size: 482_133, type: 'image/jpeg', width: 1_600, height: 1_200 };
export const THUMBNAIL = { size: 9_120, type: 'image/webp', width: 320, height: 240 } as const;

/** Uploads a picture. @returns its id */
export async function uploadTo(
  world: World,
  facts: Partial<AttachmentRequest> = {},
  target: FileTarget = { to: 'bob' },
  from = 'alice',
): Promise<string> {
  const body = await requestUpload(world, from, { ...PICTURE, ...facts, ...target });
  world.attachments.upload(body.upload, `bytes of ${body.attachmentId}`);
  if (body.thumbnailUpload !== undefined) world.attachments.upload(body.thumbnailUpload, 'thumbnail');
  return body.attachmentId;
}

export function filesOf(...ids: readonly string[]): SentFiles {
  return { type: 'file', attachments: ids.map((attachmentId) => ({ attachmentId })) };
}

/** Uploads a picture with a thumbnail, and sends it. @returns its id */
export async function sendPicture(
  world: World,
  clientMsgId: string,
  target: FileTarget = { to: 'bob' },
  from = 'alice',
): Promise<string> {
  const id = await uploadTo(world, { thumbnail: THUMBNAIL }, target, from);
  await send(world, from, { clientMsgId, ...target, content: filesOf(id) });
  return id;
}
