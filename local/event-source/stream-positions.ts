import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { recordOf } from '../json.ts';

/** How far each shard of each mapping has been processed: a restart goes on there. */
export interface StreamPositions {
  /** By shard; undefined if the mapping is new. */
  get(mapping: string): Readonly<Record<string, number>> | undefined;
  set(mapping: string, positions: Readonly<Record<string, number>>): void;
}

/** @param file of the data folder. Without one, nothing outlives the process. */
export function openPositions(file?: string): StreamPositions {
  const isThere = file !== undefined && existsSync(file);
  const all: Record<string, Readonly<Record<string, number>>> = isThere
    ? { ...(recordOf(JSON.parse(readFileSync(file, 'utf8'))) as typeof all) }
    : {};
  return {
    get: (mapping) => all[mapping],
    set: (mapping, positions) => {
      all[mapping] = positions;
      if (file === undefined) return;
      // A process that is killed leaves the old file or the new one.
      writeFileSync(`${file}.new`, JSON.stringify(all));
      renameSync(`${file}.new`, file);
    },
  };
}
