import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type InputOptions, type OutputOptions, rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

/**
 * `npm run build -w client`: the package as it is published, ESM and CJS, each with its types. What is taken from
 * `protocol/` is in it, so it stands alone; only `react` stays outside.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const dist = `${root}dist`;
const input = { index: `${root}src/index.ts`, react: `${root}src/react/index.ts` };
const shared: InputOptions = { input, external: ['react'], platform: 'neutral' };

async function write(plugins: InputOptions['plugins'], outputs: OutputOptions[]): Promise<void> {
  const build = await rolldown({ ...shared, plugins });
  for (const output of outputs) await build.write({ dir: dist, ...output });
  await build.close();
}

await rm(dist, { recursive: true, force: true });
await write(
  [],
  [
    { format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'shared.js' },
    { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: 'shared.cjs', exports: 'named' },
  ],
);
const types = dts({ emitDtsOnly: true, tsconfig: `${root}tsconfig.types.json` });
await write([types], [{ format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'shared.d.ts' }]);
