import type { Attachment } from '@serverless-im/client';

export type FileKind = 'picture' | 'video' | 'sound' | 'text' | 'archive' | 'file';

/** The pictures that the bucket lets a browser show. All others, SVG above all, are only downloaded (IM-FILE-3). */
const PICTURE = /^image\/(png|jpeg|gif|webp|avif)$/;
const ARCHIVE = /[/.-](zip|gzip|x-tar|x-bzip2?|x-7z-compressed|vnd\.rar|x-rar-compressed|zstd|compressed)$/;
const TEXT =
  /^(text\/|application\/(pdf|json|rtf|msword|vnd\.oasis\.opendocument\.text|vnd\.openxmlformats-officedocument\.wordprocessingml))/;

export function kindOf({ type }: { readonly type: string }): FileKind {
  if (PICTURE.test(type)) return 'picture';
  if (type.startsWith('video/')) return 'video';
  if (type.startsWith('audio/')) return 'sound';
  if (ARCHIVE.test(type)) return 'archive';
  return TEXT.test(type) ? 'text' : 'file';
}

/** What a message's files are shown as. */
export interface SortedFiles {
  readonly pictures: readonly Attachment[];
  readonly others: readonly Attachment[];
}

export function sortFiles(attachments: readonly Attachment[]): SortedFiles {
  return {
    pictures: attachments.filter(isPicture),
    others: attachments.filter((one) => !isPicture(one)),
  };
}

export function isPicture(attachment: Attachment): boolean {
  return attachment.removed !== true && kindOf(attachment) === 'picture';
}
