import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Names } from '../../local/aws-proxy/names.ts';
import type { FunctionModel } from '../../local/model.ts';
import { loadStack } from '../../local/stack/loader.ts';
import { synthesize } from '../../local/stack/synth.ts';

/** A synthesized app: what `cdk deploy` would upload. */
export interface Assembly {
  readonly directory: string;
  /** Functions; their environment is complete except for the endpoints. */
  readonly functions: readonly FunctionModel[];
  /** Logical id of the function that each route calls. */
  readonly routes: ReadonlyMap<string, string>;
  remove(): void;
}

const NOWHERE = 'http://127.0.0.1:9';

/**
 * @param projectDirectory folder of a cdk.json: the project's own, or the baseline's
 * @param options of the deployment, as CDK context
 */
export async function makeAssembly(
  projectDirectory: string,
  options: Readonly<Record<string, string>> = {},
): Promise<Assembly> {
  const directory = mkdtempSync(join(tmpdir(), 'serverless-im-bench-'));
  // Budgets charge at random, and counts are exact: what they add on average is in the prices.
  const context = { userBudget: 'none', strangersPerDay: 'none', ...options };
  await synthesize({ projectDirectory, outDirectory: directory, context });
  const origins = { gateway: NOWHERE, connections: NOWHERE, issuer: NOWHERE, sqs: NOWHERE };
  const { functions, webSocketApis, httpApis } = loadStack(directory, origins);
  const routes = new Map([
    ...webSocketApis.flatMap((api) => api.routes.map((one) => [one.routeKey, one.functionId] as const)),
    ...httpApis.flatMap((api) =>
      api.routes.map((one) => [`${one.method} ${one.path}`, one.functionId] as const),
    ),
  ]);
  return { directory, functions, routes, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Functions by short name, sorted. */
export function namedFunctions({ functions }: Pick<Assembly, 'functions'>) {
  const names = new Names({ functions, tables: [], queues: [], topics: [], buckets: [] });
  return functions
    .map((model) => ({ name: names.of(model.logicalId), model }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export function bundleSizes(assembly: Assembly): Readonly<Record<string, number>> {
  return Object.fromEntries(
    namedFunctions(assembly).map(({ name, model }) => [name, statSync(handlerFile(model)).size]),
  );
}

/** Memory in MB by function and by route, named as in `runName`. */
export function memoryOf(assembly: Assembly): Readonly<Record<string, number>> {
  const sizes = new Map(assembly.functions.map((model) => [model.logicalId, model.memoryMegabytes]));
  return Object.fromEntries([
    ...namedFunctions(assembly).map(({ name, model }) => [name, model.memoryMegabytes]),
    ...[...assembly.routes].map(([route, id]) => [route, sizes.get(id) ?? 0]),
  ]);
}

const METERED = 'metered.mjs';

/** The deployed bundle, even if a wrapper replaced it. */
export function handlerFile({ codeDirectory }: FunctionModel): string {
  const metered = join(codeDirectory, METERED);
  return existsSync(metered) ? metered : join(codeDirectory, 'index.mjs');
}

/**
 * Wraps each handler of the assembly in one of measure/*.mjs, which measures the CPU time per event, profiles, or writes events
 * to files. The deployed bundle stays unchanged under another name.
 */
export function wrapHandlers({ functions }: Assembly, wrapper: 'meter' | 'profiler' | 'capture'): void {
  const program = readFileSync(new URL(`../measure/${wrapper}.mjs`, import.meta.url), 'utf8');
  for (const codeDirectory of new Set(functions.map((one) => one.codeDirectory))) {
    if (!existsSync(join(codeDirectory, METERED))) {
      renameSync(join(codeDirectory, 'index.mjs'), join(codeDirectory, METERED));
    }
    writeFileSync(join(codeDirectory, 'index.mjs'), program);
  }
}
