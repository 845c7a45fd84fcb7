export interface PartsOfName {
  /** May be cut off at its end. */
  readonly start: string;
  /** Always visible: the last letters and the extension, which says what opens the file. */
  readonly end: string;
}

const EXTENSION = /\.[A-Za-z0-9]{1,10}$/;
/** From here on a name may be cut in the middle. */
const LONG = 24;
const END = 6;
/** Hebrew, Arabic, and their neighbours: letters at a cut would stand on the wrong side of it. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufefc]|[\u{10800}-\u{10fff}]|[\u{1e800}-\u{1efff}]/u;

export function partsOfName(name: string): PartsOfName {
  const extension = EXTENSION.exec(name.slice(1))?.[0] ?? '';
  const stem = [...name.slice(0, name.length - extension.length)];
  const kept = stem.length > LONG && !RIGHT_TO_LEFT.test(name) ? END : 0;
  let cut = stem.length - kept;
  // A space after the dots would look like two parts.
  while (stem[cut] === ' ') cut += 1;
  return { start: stem.slice(0, cut).join(''), end: stem.slice(cut).join('') + extension };
}
