import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type InputOptions, type OutputOptions, rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

/**
 * `npm run build -w client`: the package as it is published, ESM and CJS, each with its types. What is taken from
 * `protocol/` is in it, so it stands alone; only `react` stays outside.
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
  // Without this, patterns of the protocol that nothing uses are shipped.
  treeshake: { manualPureFunctions: ['RegExp'] },
  platform: 'neutral',
  checks: { pluginTimings: false },
};

await rm(dir, { recursive: true, force: true });
await write([], namesFor('js', 'esm'), namesFor('cjs', 'cjs'));
const types = dts({ emitDtsOnly: true, tsconfig: `${root}tsconfig.types.json` });
await write([types], namesFor('js', 'esm', 'd.ts'), namesFor('cjs', 'esm', 'd.cts'));

/** Of declarations the plugin renames the entries itself. */
function namesFor(entry: string, format: 'esm' | 'cjs', chunk = entry): OutputOptions {
  return { dir, format, entryFileNames: `[name].${entry}`, chunkFileNames: `shared.${chunk}` };
}

async function write(plugins: InputOptions['plugins'], ...outputs: readonly OutputOptions[]): Promise<void> {
  const build = await rolldown({ ...shared, plugins });
  for (const output of outputs) await build.write(output);
  await build.close();
}
