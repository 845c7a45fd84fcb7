import { extname } from 'node:path';

/** The URL of a module from another: `.ts` in the repository, `.js` in the compiled package. @param path without ending */
export function moduleUrl(path: string, from: string): URL {
  return new URL(`${path}${extname(from)}`, from);
}
