/* The names of objects in the bucket of exports. This file has no imports: the construct grants by the prefixes. */

/** The files that are complete, one a task. */
export const EXPORT_PREFIX = 'exports/';
/** Lines that are too few for a part yet. */
export const REST_PREFIX = 'rest/';

/** The uploaded files of imports, until they are done. */
export const IMPORT_PREFIX = 'imports/';

/** How long the bucket keeps a file, and what else it holds. */
export const EXPORT_DAYS = 7;

export function exportKey(name: string): string {
  return `${EXPORT_PREFIX}${name}.jsonl`;
}

export function importKey(importId: string): string {
  return `${IMPORT_PREFIX}${importId}.jsonl`;
}
