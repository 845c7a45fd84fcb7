import { createRequire } from 'node:module';

/**
 * esbuild, once it is needed: from the published package only an operator's own modules are bundled, and those who have some
 * install it.
 * @throws in one line if it is not installed
 */
export function esbuild(): typeof import('esbuild') {
  try {
    // Constructs can't wait for `import()`.
    return createRequire(import.meta.url)('esbuild');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new Error('esbuild is not installed (npm install --save-dev esbuild)');
  }
}
