import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionModel } from '../../local/model.ts';
import { loadStack } from '../../local/stack/loader.ts';
import { synthesize } from '../../local/stack/synth.ts';
import { Names } from '../../local/wire/names.ts';

/** A synthesized app: what `cdk deploy` would upload. */
export interface Assembly {
  readonly directory: string;
  /** With the environment as it will be, but for the endpoints. */
  readonly functions: readonly FunctionModel[];
  remove(): void;
}

const NOWHERE = 'http://127.0.0.1:9';

/** @param projectDirectory folder of a cdk.json: the project's own, or the baseline's */
export async function makeAssembly(projectDirectory: string): Promise<Assembly> {
  const directory = mkdtempSync(join(tmpdir(), 'serverless-im-bench-'));
  await synthesize({ projectDirectory, outDirectory: directory });
  const origins = { gateway: NOWHERE, connections: NOWHERE, issuer: NOWHERE, sqs: NOWHERE };
  const { functions } = loadStack(directory, origins);
  return { directory, functions, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** By the functions' short names. */
export function bundleSizes({ functions }: Assembly): Readonly<Record<string, number>> {
  const names = new Names({ functions, tables: [], queues: [] });
  return Object.fromEntries(
    functions
      .map(({ logicalId, codeDirectory }): [string, number] => [
        names.of(logicalId),
        statSync(join(codeDirectory, 'index.mjs')).size,
      ])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const METERED = 'metered.mjs';

/**
 * Puts a meter around each handler of the assembly: how much CPU its thread used from event to answer. The bundle is the
 * deployed one, unchanged, under another name; the runtime knows nothing of it.
 */
export function meterHandlers({ functions }: Assembly): void {
  const meter = readFileSync(new URL('../measure/meter.mjs', import.meta.url), 'utf8');
  for (const codeDirectory of new Set(functions.map((one) => one.codeDirectory))) {
    renameSync(join(codeDirectory, 'index.mjs'), join(codeDirectory, METERED));
    writeFileSync(join(codeDirectory, 'index.mjs'), meter);
  }
}
