import { closest, distance } from 'fastest-levenshtein';

/** In the repository the sources run as they are; the package has them compiled. */
const IS_REPOSITORY = import.meta.url.endsWith('.ts');

/** How one calls a command here: `npm run chat -- a b` in the repository, `npx serverless-im chat a b` where the package is installed. */
export function commandLine(command: string, args = '', isRepository = IS_REPOSITORY): string {
  if (!isRepository) return ['npx serverless-im', command, args].filter((part) => part !== '').join(' ');
  const [name, ...rest] = command.split(' ');
  const script = name === 'start' ? 'npm start' : `npm run ${name}`;
  const all = [...rest, args].filter((part) => part !== '');
  return all.length === 0 ? script : `${script} -- ${all.join(' ')}`;
}

/** More wrong letters than this are no slip of the finger. */
const MOST_SLIPS = 2;

/** `; did you mean start?`, or nothing if no name is near, or begins with what was typed. */
export function didYouMean(typed: string, names: readonly string[]): string {
  if (names.length === 0 || typed === '') return '';
  const nearest = closest(typed, names);
  const longer = names.filter((name) => name.startsWith(typed)).sort((a, b) => a.length - b.length);
  const meant = distance(typed, nearest) > MOST_SLIPS ? longer[0] : nearest;
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}
