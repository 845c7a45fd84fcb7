import { LIMITS } from '../../../protocol/limits.ts';
import type { FileLimits } from '../config.ts';
import { t } from '../ui/texts.ts';
import { isolated, sizeInWords } from './words.ts';

/** What a file of this device says of itself. */
export interface Candidate {
  readonly name: string;
  readonly size: number;
  readonly type: string;
}

export interface CheckedFiles<Chosen extends Candidate> {
  readonly chosen: readonly Chosen[];
  /** Why the others were not taken, one sentence each. */
  readonly refusals: readonly string[];
}

/** Adds files to those of the next message. What the server would refuse is refused before anything is uploaded. */
export function checkFiles<Chosen extends Candidate>(
  before: readonly Chosen[],
  added: readonly Chosen[],
  limits: FileLimits,
): CheckedFiles<Chosen> {
  const chosen = [...before];
  const refusals: string[] = [];
  for (const file of added) {
    const refusal = whyNot(file, limits);
    if (refusal !== undefined) refusals.push(refusal);
    else if (chosen.length < LIMITS.attachmentsPerMessage) chosen.push(file);
    else {
      refusals.push(t('A message has at most {count} files.', { count: LIMITS.attachmentsPerMessage }));
      break;
    }
  }
  return { chosen, refusals };
}

function whyNot({ name, size, type }: Candidate, { maxBytes, types }: FileLimits): string | undefined {
  const file = isolated(name);
  if (size === 0) return t('{file} is empty.', { file });
  if (size > maxBytes)
    return t('{file} is too large: at most {size}.', { file, size: sizeInWords(maxBytes, 'floor') });
  // The type that the SDK sends for a file without one.
  const named = type === '' ? 'application/octet-stream' : type.toLowerCase();
  if (types.length > 0 && !types.some((one) => fits(named, one)))
    return t("{file}: files of this type can't be sent here.", { file });
  return undefined;
}

/** @param allowed as `application/pdf` or `image/*` */
function fits(type: string, allowed: string): boolean {
  return allowed.endsWith('/*') ? type.startsWith(allowed.slice(0, -1)) : type === allowed;
}
