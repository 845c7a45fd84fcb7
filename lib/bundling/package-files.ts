import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Files of this package, wherever it is installed. In the repository the sources run as they are (`.ts`); the
 * published package runs compiled (`dist/`, `.js`), since Node strips no types below `node_modules`. The tree is the
 * same in both, so a path's ending is the ending of the file that runs now.
 */
const ENDING = extname(fileURLToPath(import.meta.url));

/** The folder that holds `lib/` and `lambdas/`. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Absolute path of a module of this package, named without its ending: `lambdas/functions/poll`. */
export function packageModule(name: string): string {
  return `${PACKAGE_ROOT}${name}${ENDING}`;
}
