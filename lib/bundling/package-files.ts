import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Locates files of this package, wherever it is installed. In the repository the sources run directly (`.ts`). The
 * published package is compiled (`dist/`, `.js`), since Node strips no types below `node_modules`. Both have the same
 * folders, so every module has the extension of this file.
 */
const ENDING = extname(fileURLToPath(import.meta.url));

/** The folder that holds `lib/` and `lambdas/`. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Returns the absolute path of a module of this package. @param name without extension: `lambdas/functions/poll` */
export function packageModule(name: string): string {
  return `${PACKAGE_ROOT}${name}${ENDING}`;
}
