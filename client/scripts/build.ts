import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type InputOptions, type OutputOptions, rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

/**
 * `npm run build -w client`: builds the published package, ESM and CJS, each with its types. It includes the code from
 * `protocol/` and has no dependencies but `react`.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const dir = `${root}dist`;
const shared: InputOptions = {
  input: {
    index: `${root}src/index.ts`,
    react: `${root}src/react/index.ts`,
    desk: `${root}src/desk/index.ts`,
    polling: `${root}src/polling/index.ts`,
  },
  external: ['react'],
  // Without this, the build includes the protocol's unused patterns.
  treeshake: { manualPureFunctions: ['RegExp'] },
  platform: 'neutral',
  checks: { pluginTimings: false },
};

await rm(dir, { recursive: true, force: true });
await write([], namesFor('js', 'esm'), namesFor('cjs', 'cjs'));
const types = dts({ emitDtsOnly: true, tsconfig: `${root}tsconfig.types.json` });
await write([types], namesFor('js', 'esm', 'd.ts'), namesFor('cjs', 'esm', 'd.cts'));

/** The plugin itself renames the entries of declarations. */
function namesFor(entry: string, format: 'esm' | 'cjs', chunk = entry): OutputOptions {
  return { dir, format, entryFileNames: `[name].${entry}`, chunkFileNames: `shared.${chunk}` };
}

async function write(plugins: InputOptions['plugins'], ...outputs: readonly OutputOptions[]): Promise<void> {
  const build = await rolldown({ ...shared, plugins });
  for (const output of outputs) await build.write(output);
  await build.close();
}
