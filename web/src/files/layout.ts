import type { Attachment, FileContent } from '@serverless-im/client';
import { kindOf, sortFiles } from './kinds.ts';

/** The widest that files are in a bubble. */
export const WIDTH_PX = 320;
const HEIGHT_PX = 360;
const LEAST_PX = 96;
/** The grid has this many places; the last says how many more there are. */
export const PLACES = 4;

export interface Box {
  readonly width: number;
  readonly height: number;
}

/** The shapes that most have. */
const PHOTO: Box = { width: 4, height: 3 };
const FILM: Box = { width: 16, height: 9 };

/** The place of a single picture or video: known before it is loaded, so that nothing jumps when it comes. */
export function boxOf(attachment: Pick<Attachment, 'width' | 'height'>, unknown = PHOTO): Box {
  const { width, height } = attachment;
  const known = width === undefined || height === undefined ? undefined : { width, height };
  const shape = known ?? unknown;
  const scale = Math.min(WIDTH_PX / shape.width, HEIGHT_PX / shape.height, known ? 1 : Infinity);
  // A very long or very small picture gets a place that can be hit; the rest of it is in the lightbox.
  return {
    width: Math.max(Math.round(shape.width * scale), LEAST_PX),
    height: Math.max(Math.round(shape.height * scale), LEAST_PX),
  };
}

const ROW_PX = 52;
const SOUND_PX = 76;
const ROW_WIDTH_PX = 280;

/** How wide the files of a message are where there is room: its text is no wider. */
export function widthOf({ attachments, text }: FileContent): number {
  const { pictures, others } = sortFiles(attachments);
  const [only] = pictures;
  const grid = pictures.length > 1 || only === undefined ? pictures.length && WIDTH_PX : boxOf(only).width;
  const least = text === undefined && others.length === 0 ? 0 : ROW_WIDTH_PX;
  return Math.max(grid, least, ...others.map((one) => (kindOf(one) === 'video' ? videoBoxOf(one).width : 0)));
}

/** The place of a video; most are wide. */
export function videoBoxOf(attachment: Pick<Attachment, 'width' | 'height'>): Box {
  return boxOf(attachment, FILM);
}

/** How high the files of a message will be. */
export function estimatedHeight({ attachments }: FileContent): number {
  const { pictures, others } = sortFiles(attachments);
  const [only] = pictures;
  const grid =
    only === undefined ? 0 : pictures.length === 1 ? boxOf(only).height : gridHeight(pictures.length);
  return others.reduce((sum, one) => sum + heightOf(one) + 4, grid);
}

function gridHeight(count: number): number {
  return count === 2 ? WIDTH_PX / 2 : WIDTH_PX;
}

function heightOf(attachment: Attachment): number {
  if (attachment.removed) return ROW_PX;
  const kind = kindOf(attachment);
  if (kind === 'video') return videoBoxOf(attachment).height + 28;
  return kind === 'sound' ? SOUND_PX : ROW_PX;
}
