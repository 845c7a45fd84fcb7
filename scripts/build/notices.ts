import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * The licences of the packages that are in the bundles of functions and in the page: theirs ask that whoever passes the code
 * on passes them on, too.
 * @param sources of the bundles, from the repository's folder
 */
export function notices(repository: string, sources: Iterable<string>): string {
  const folders = new Set([...packagesOf(sources), ...packagesOfPage(repository)]);
  const texts = [...folders].sort().map((folder) => noticeOf(join(repository, folder)));
  return [
    'The bundles of functions and the web page in this package contain code of the packages below.',
    ...texts,
  ].join(`\n\n${'-'.repeat(80)}\n\n`);
}

function packagesOf(sources: Iterable<string>): readonly string[] {
  const found = [...sources].map((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return found.filter((path) => path !== undefined);
}

function packagesOfPage(repository: string): readonly string[] {
  const found = new Set<string>();
  const follow = (folder: string): void => {
    for (const name of Object.keys(manifestOf(join(repository, folder)).dependencies ?? {})) {
      const path = `node_modules/${name}`;
      if (name.startsWith('@serverless-im/') || found.has(path)) continue;
      found.add(path);
      follow(path);
    }
  };
  follow('web');
  return [...found];
}

function noticeOf(folder: string): string {
  const { name, version, license = 'unknown' } = manifestOf(folder);
  const [file] = globSync('{LICEN[CS]E,licen[cs]e,NOTICE}{,.md,.txt}', { cwd: folder }).sort();
  const text = file === undefined ? '' : `\n\n${readFileSync(join(folder, file), 'utf8').trim()}`;
  return `${name} ${version}, ${license}${text}`;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
