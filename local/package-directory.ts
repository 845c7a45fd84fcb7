import { fileURLToPath } from 'node:url';

/** Folder of this package. */
export const PACKAGE_DIRECTORY = fileURLToPath(new URL('..', import.meta.url));
