import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { inSources } from '../../../lambdas/shared/source-positions.ts';

/** Its last line is the third. */
const ENTRY = `
export { inSources } from './lambdas/shared/source-positions.ts';
export const fail = () => new Error();
`;

const file = join(mkdtempSync(join(tmpdir(), 'serverless-im-bundle-')), 'index.mjs');
const url = pathToFileURL(file).href;
/** Where the bundle makes the error: `line:column`. */
let position: string;

/** A copy of the module, which has read no map yet. */
const load = (copy: string): Promise<{ inSources: typeof inSources }> =>
  import(/* @vite-ignore */ `${url}?${copy}`);

beforeAll(async () => {
  await build({
    stdin: { contents: ENTRY, resolveDir: process.cwd(), sourcefile: 'entry.ts' },
    outfile: file,
    bundle: true,
    format: 'esm',
    platform: 'node',
    sourcemap: true,
    logLevel: 'error',
  });
  const before = readFileSync(file, 'utf8').split('new Error()')[0]?.split('\n') ?? [];
  position = `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
});

describe('a stack trace', () => {
  it.each([
    ['a URL', url],
    ['a path', file],
  ])('names the lines of the sources for %s of the bundle, and keeps all else', async (_, bundle) => {
    const copy = await load('mapped');
    const stack = `Error: x\n    at fail (${bundle}:${position})\n    at node:internal/x:1:2`;
    expect(copy.inSources(stack)).toMatch(
      /^Error: x\n {4}at fail \(\S*entry\.ts:3:27\)\n {4}at node:internal\/x:1:2$/,
    );
  });

  it('keeps positions that come from no source, or are not in the bundle', async () => {
    const copy = await load('unmapped');
    for (const stack of [`at ${url}:1:1`, `at ${url.replace('index', 'other')}:${position}`])
      expect(copy.inSources(stack)).toBe(stack);
  });

  it('is unchanged where there is no source map, which is looked for once', async () => {
    const [before, after] = [await load('before'), await load('after')];
    const stack = `at fail (${url}:${position})`;
    const mapped = before.inSources(stack);
    rmSync(`${file}.map`);
    expect(before.inSources(stack)).toBe(mapped);
    expect(mapped).not.toBe(stack);
    expect(after.inSources(stack)).toBe(stack);
    expect(inSources(stack)).toBe(stack);
  });
});
