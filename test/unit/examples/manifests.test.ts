import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const read = (path: string): Manifest => JSON.parse(readFileSync(path, 'utf8'));

const EXAMPLES = globSync('examples/*/package.json').map((path) => {
  const { dependencies, devDependencies } = read(path);
  const folder = dirname(path);
  return { folder, named: { ...dependencies, ...devDependencies } };
});

/** The packages that the files of a folder import. */
function importsOf(folder: string): readonly string[] {
  const files = globSync(`${folder}/**/*.{ts,tsx}`, {
    exclude: (name) => /(^|\/)(node_modules|\.next)$/.test(name),
  });
  const specifiers = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^(?:import|\} from) .*?'([^.'][^']*)';$/gm)].map(
      ([, specifier = '']) => specifier,
    ),
  );
  const names = specifiers
    .filter((specifier) => !isBuiltin(specifier))
    .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '');
  return [...new Set(names)];
}

it('imports of the examples are found, whether on one line or on several', () => {
  expect(importsOf('examples/next-app').toSorted()).toEqual(['@serverless-im/client', 'next', 'react']);
  expect(importsOf('examples/cdk-app')).toContain('@aws-sdk/client-sqs');
});

describe.each(EXAMPLES)('$folder, which is copied', ({ folder, named }) => {
  it('names each package that it imports', () => {
    expect(importsOf(folder).filter((name) => !(name in named))).toEqual([]);
  });

  it('has the version of the packages that this repository makes', () => {
    const ranges = ['serverless-im', '@serverless-im/client'].map((name) => named[name]).filter(Boolean);
    expect([...new Set(ranges)]).toEqual([`^${read('package.json').version}`]);
  });
});
