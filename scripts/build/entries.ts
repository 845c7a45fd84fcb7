/** The modules of `dist/` that something else than an import starts with: a user, a process, a thread. */
export const ENTRIES = [
  'lib/index.js',
  'local/index.js',
  'cli/main.js',
  'bin/packaged.js',
  'local/cluster/node-process.js',
  'local/emulators/fauxqs-thread.js',
  'local/functions/worker-entry.js',
] as const;

/** The declarations of the package's exports. */
export const TYPED_ENTRIES = ['lib/index.d.ts', 'local/index.d.ts'] as const;
