import type { FileContent } from '@serverless-im/client';
import { t } from '../ui/texts.ts';
import { languageOfPage } from '../ui/times.ts';
import { kindOf } from './kinds.ts';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** A size as people and their file managers say it: `482 kB`, of 1,000 bytes each. A limit is rounded down, to be true. */
export function sizeInWords(bytes: number, roundingMode: 'halfExpand' | 'floor' = 'halfExpand'): string {
  const power = Math.min(Math.floor((String(bytes).length - 1) / 3), UNITS.length - 1);
  const amount = bytes / 1000 ** power;
  // Short bytes would have no plural in English.
  const style = { style: 'unit', unit: UNITS[power], unitDisplay: power === 0 ? 'long' : 'short' } as const;
  const maximumFractionDigits = amount < 100 ? 1 : 0;
  return amount.toLocaleString(languageOfPage(), { ...style, maximumFractionDigits, roundingMode });
}

/** `1:05`, of a sound or video. */
export function lengthInWords(durationMs: number): string {
  const seconds = Math.round(durationMs / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** The files and the text of a message in one line. */
export function filesInWords({ attachments, text }: FileContent): string {
  const words = countInWords(attachments);
  return text === undefined ? words : `${words} · ${text}`;
}

function countInWords(attachments: FileContent['attachments']): string {
  const [first] = attachments;
  const kinds = new Set(attachments.map(kindOf));
  const kind = kinds.size === 1 && first !== undefined ? kindOf(first) : undefined;
  if (attachments.every(({ removed }) => removed)) return t('This file was removed');
  if (attachments.length > 1)
    return t(kind === 'picture' ? '{count} photos' : '{count} files', { count: attachments.length });
  if (kind === 'picture') return t('Photo');
  if (kind === 'video') return t('Video');
  if (kind === 'sound') return t('Audio');
  return isolated(first?.name ?? '');
}

/** The name of any file, as a part of a sentence whose direction it can't turn. */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`;
}

/** What cameras and clipboards call a picture says nothing to a person who can't see it. */
const MEANINGLESS = /^(image|img|photo|picture|dsc|dscf|dscn|pxl|screenshot|screen shot)?[\W\d_]*\.\w+$/i;

/** The alternative text of a picture. */
export function altOf(name: string, sender: string): string {
  return MEANINGLESS.test(name) ? t('Photo from {who}', { who: sender }) : name;
}
