import type { FileSource } from './file-source.ts';
import { strip } from './strip.ts';
import { type Drawable, thumbnailOf } from './thumbnail.ts';

/** Loaded with the first picture, sound, or video that is sent. */

/** A player may stay silent for ever, and the message waits for it. On a busy machine it needs seconds. */
const PLAYER_MS = 10_000;
/** A page in the background is told of no frame; then it is most likely there. */
const FRAME_MS = 3_000;
const MOST_PIXELS = 100_000;
const MOST_DURATION_MS = 7 * 24 * 3_600_000;

/** A video without a frame to draw. */
const WITHOUT = { thumbnail: null };

type Facts = Pick<FileSource, 'width' | 'height' | 'durationMs' | 'thumbnail'>;

/**
 * The file as it is uploaded: without metadata, with its dimensions and a thumbnail, as far as this platform can. What the app has
 * said stays. Never rejects: a file that can't be read as a picture is a file all the same.
 */
export async function prepare(source: FileSource, keepMetadata: boolean): Promise<FileSource> {
  const { data } = source;
  if (!(data instanceof Blob)) return source;
  const facts = await factsOf(data, source).catch((): Facts => ({}));
  const stripped = keepMetadata ? data : await withoutMetadata(data).catch(() => data);
  const said = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined));
  return { ...facts, ...said, name: source.name ?? (data as Partial<File>).name, data: stripped };
}

async function withoutMetadata(file: Blob): Promise<Blob> {
  if (!file.type.startsWith('image/')) return file;
  const parts = strip(new Uint8Array(await file.arrayBuffer()));
  return parts === undefined ? file : new Blob(parts as BlobPart[], { type: file.type });
}

async function factsOf(file: Blob, said: FileSource): Promise<Facts> {
  if (file.type.startsWith('image/') && globalThis.createImageBitmap !== undefined)
    return pictureFacts(file, said);
  const [, kind] = /^(audio|video)\//i.exec(file.type) ?? [];
  return kind !== undefined && globalThis.document?.createElement !== undefined
    ? playerFacts(file, kind as 'audio' | 'video', said)
    : {};
}

async function pictureFacts(file: Blob, said: FileSource): Promise<Facts> {
  const image = await createImageBitmap(file, { imageOrientation: 'from-image' });
  try {
    return await drawableFacts({ image, width: image.width, height: image.height }, file, said);
  } finally {
    // A photo of 12 megapixels takes 48 MB.
    image.close();
  }
}

async function playerFacts(file: Blob, kind: 'audio' | 'video', said: FileSource): Promise<Facts> {
  const player = document.createElement(kind);
  const url = URL.createObjectURL(file);
  const expiry = AbortSignal.timeout(PLAYER_MS);
  try {
    const frame = player instanceof HTMLVideoElement ? firstFrame(player) : undefined;
    Object.assign(player, { muted: true, playsInline: true, preload: 'auto', src: url });
    await happens(player, 'loadedmetadata', expiry);
    const durationMs = Math.round(player.duration * 1_000);
    const facts = durationMs <= MOST_DURATION_MS ? { durationMs } : {};
    if (!(player instanceof HTMLVideoElement)) return facts;
    const { videoWidth: width, videoHeight: height } = player;
    // A video without pictures, or with one already, needs no frame.
    const isDrawn = width > 0 && said.thumbnail === undefined;
    const hasFrame = isDrawn && (await hasFirstFrame(player, frame, expiry));
    const found = await drawableFacts({ image: player, width, height }, file, hasFrame ? said : WITHOUT);
    return { ...facts, ...found };
  } finally {
    player.removeAttribute('src');
    player.load();
    URL.revokeObjectURL(url);
  }
}

async function hasFirstFrame(
  player: HTMLVideoElement,
  frame: Promise<void> | undefined,
  expiry: AbortSignal,
): Promise<boolean> {
  // Safari loads no frame until it is asked for one.
  player.currentTime = 0.001;
  try {
    await happens(player, 'seeked', expiry);
  } catch {
    return false;
  }
  await Promise.race([frame, new Promise((resolve) => setTimeout(resolve, FRAME_MS))]);
  return true;
}

async function drawableFacts(
  drawable: Drawable,
  file: Blob,
  said: Pick<FileSource, 'thumbnail'>,
): Promise<Facts> {
  const { width, height } = drawable;
  if (width < 1 || height < 1 || Math.max(width, height) > MOST_PIXELS) return {};
  const isWanted = said.thumbnail === undefined;
  const thumbnail = isWanted ? await thumbnailOf(drawable, file.size).catch(() => undefined) : undefined;
  return { width, height, thumbnail };
}

/** Resolves when the player has a frame to draw. `seeked` can come first: another thread of the browser brings the frame. */
function firstFrame(player: HTMLVideoElement): Promise<void> {
  return new Promise((resolve) => {
    if ('requestVideoFrameCallback' in player) player.requestVideoFrameCallback(() => resolve());
    // Firefox before 132 can't tell.
    else resolve();
  });
}

/** Rejects after an error of the player, and when it is too late. */
function happens(player: HTMLMediaElement, event: string, expiry: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (expiry.aborted) reject(expiry.reason);
    player.addEventListener(event, () => resolve(), { once: true });
    player.addEventListener('error', () => reject(player.error), { once: true });
    expiry.addEventListener('abort', () => reject(expiry.reason), { once: true });
  });
}
