import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type InputOptions, type OutputOptions, rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

/**
 * `npm run build -w client`: builds the published package, ESM and CJS, each with its types. It includes the code from
 * `protocol/` and has no dependencies but `react`, and `@smithy/signature-v4` in `./admin`.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const dir = `${root}dist`;
const shared: InputOptions = {
  input: {
    index: `${root}src/index.ts`,
    react: `${root}src/react/index.ts`,
    desk: `${root}src/desk/index.ts`,
    polling: `${root}src/polling/index.ts`,
    admin: `${root}src/admin/index.ts`,
  },
  external: ['react', '@smithy/signature-v4'],
  // Without this, the build includes the protocol's unused patterns.
  treeshake: { manualPureFunctions: ['RegExp'] },
  platform: 'neutral',
  checks: { pluginTimings: false },
  // React's `use client` stays, since it opens an entry; rolldown warns about each.
  onLog: (level, log, report) => {
    if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
  },
};

await rm(dir, { recursive: true, force: true });
await write([], outputOf('esm', dir, 'js'), outputOf('cjs', `${dir}/cjs`, 'js'));
const types = dts({ emitDtsOnly: true, tsconfig: `${root}tsconfig.types.json` });
await write([types], outputOf('esm', dir, 'd.ts'), outputOf('esm', `${dir}/cjs`, 'd.ts'));
// Older bundlers know `.js` only, so the folder says that its files are CommonJS.
await writeFile(`${dir}/cjs/package.json`, '{ "type": "commonjs" }\n');

function outputOf(format: 'esm' | 'cjs', dir: string, extension: 'js' | 'd.ts'): OutputOptions {
  return {
    dir,
    format,
    // The plugin itself renames the entries of declarations.
    entryFileNames: '[name].js',
    // What is loaded on first use keeps its name.
    chunkFileNames: ({ isDynamicEntry }) => `${isDynamicEntry ? '[name]' : 'shared'}.${extension}`,
    // Names and lines stay for those who debug; an app's own minifier would not fold as much.
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
  };
}

async function write(plugins: InputOptions['plugins'], ...outputs: readonly OutputOptions[]): Promise<void> {
  const build = await rolldown({ ...shared, plugins });
  for (const output of outputs) await build.write(output);
  await build.close();
}
