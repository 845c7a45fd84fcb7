import type { FileSource } from '@serverless-im/client';

/** The SDK leaves out the dimensions of larger pictures, too. */
const MOST_PX = 100_000;
const shapes = new WeakMap<File, { readonly width: number; readonly height: number }>();

/** Notes the size of a chosen picture, which its preview tells before the SDK reads the file. */
export function noteShape(file: File, { naturalWidth, naturalHeight }: HTMLImageElement): void {
  if (naturalWidth > 0 && naturalHeight > 0 && Math.max(naturalWidth, naturalHeight) <= MOST_PX)
    shapes.set(file, { width: naturalWidth, height: naturalHeight });
}

/** The file with its size, so that a message that waits for the network has the shape that it will have. */
export function withShape(file: File): FileSource {
  return { data: file, ...shapes.get(file) };
}
