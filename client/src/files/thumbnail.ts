import type { ThumbnailSource } from './file-source.ts';

/** What the server takes (IM-FILE-1). */
const MOST_PIXELS = 320;
const MOST_BYTES = 100 * 1024;
/** A file as small as this is its own thumbnail. */
const SMALL_BYTES = 20 * 1024;

/** A picture that a canvas can draw, with its size as it is shown. */
export interface Drawable {
  readonly image: ImageBitmap | HTMLVideoElement;
  readonly width: number;
  readonly height: number;
}

/** Undefined if the picture needs none, or the browser can't make one. */
export async function thumbnailOf(
  { image, width, height }: Drawable,
  fileBytes: number,
): Promise<ThumbnailSource | undefined> {
  const scale = Math.min(1, MOST_PIXELS / Math.max(width, height));
  if (scale === 1 && fileBytes <= SMALL_BYTES) return undefined;
  const size = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
  for (const [type, quality] of [
    ['image/webp', 0.8],
    ['image/jpeg', 0.8],
    ['image/jpeg', 0.5],
  ] as const) {
    const data = await draw(image, size, type, quality);
    // A browser that can't encode a type makes PNG.
    if (data?.type === type && data.size <= MOST_BYTES) return { data, ...size };
  }
  return undefined;
}

async function draw(
  image: CanvasImageSource,
  { width, height }: { readonly width: number; readonly height: number },
  type: string,
  quality: number,
): Promise<Blob | null> {
  const canvas =
    globalThis.OffscreenCanvas === undefined
      ? Object.assign(document.createElement('canvas'), { width, height })
      : new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d') as
    | CanvasRenderingContext2D
    | OffscreenCanvasRenderingContext2D
    | null;
  if (context === null) return null;
  if (type === 'image/jpeg') {
    // Transparent parts would turn black.
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
  }
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type, quality });
  return new Promise((resolve) => canvas.toBlob(resolve, type, quality));
}
