/**
 * `npm run release:keep-bundles -- --name NAME [--from FOLDER]`: keeps the bundles, the template, and the SDK of a release, for the tests
 * that run the next one beside it. Part of each release (docs/releasing.md), after its tests.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { PROJECT_DIRECTORY } from '../local/runtime.ts';
import { synthesize } from '../local/stack/synth.ts';
import {
  CLIENT_FILE,
  EARLIER_RELEASE,
  NAME_FILE,
  packRelease,
  RELEASE_CONTEXT,
} from '../test/setup/earlier-release.ts';

const { values } = parseArgs({
  options: {
    /** Its version, or what else people call it. */
    name: { type: 'string' },
    /** A checkout of it, with its libraries. */
    from: { type: 'string', default: PROJECT_DIRECTORY },
  },
});
if (values.name === undefined) {
  console.error('Name the release: npm run release:keep-bundles -- --name 1.2.0');
  process.exit(2);
}
const projectDirectory = resolve(values.from);
const outDirectory = mkdtempSync(join(tmpdir(), 'serverless-im-release-'));
await synthesize({ projectDirectory, outDirectory, context: RELEASE_CONTEXT });
const packed = packRelease(outDirectory, {
  [CLIENT_FILE]: await sdkOf(projectDirectory),
  [NAME_FILE]: values.name,
});
writeFileSync(join(PROJECT_DIRECTORY, EARLIER_RELEASE), packed);
rmSync(outDirectory, { recursive: true });
console.log(`${EARLIER_RELEASE} is now ${values.name}: ${Math.round(packed.length / 1000)} kB.`);

async function sdkOf(directory: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(directory, 'client/src/index.ts')],
    ...{ bundle: true, write: false, format: 'esm', platform: 'node', minify: true },
    conditions: ['serverless-im-source'],
  });
  return outputFiles[0]?.text ?? '';
}
