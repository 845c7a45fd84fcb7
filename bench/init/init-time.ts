import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { FunctionModel } from '../../local/model.ts';
import { median } from '../measure/percentile.ts';
import { handlerFile } from '../stack/assembly.ts';

export interface InitTime {
  readonly name: string;
  /** Median CPU time of the import in its own process, over all threads. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** Imports once, as Lambda's init phase does, with Lambda's environment instead of this shell's. */
const PROGRAM = `
const [cpu, start] = [process.cpuUsage(), performance.now()];
await import(process.argv[1]);
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ cpuMs: (user + system) / 1000, wallMs: performance.now() - start }));
process.exit();
`;

const LAMBDA_ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
};

const run = promisify(execFile);

/**
 * Measures how long each function takes to import. Functions alternate, so that other load on the machine affects all alike.
 * Only the ratios mean anything.
 */
export async function measureInit(
  functions: readonly { readonly name: string; readonly model: FunctionModel }[],
  rounds: number,
): Promise<readonly InitTime[]> {
  const times = functions.map(({ name }) => ({ name, cpuMs: [] as number[], wallMs: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { model }] of functions.entries()) {
      const { cpuMs, wallMs } = await importOnce(model);
      times[index]?.cpuMs.push(cpuMs);
      times[index]?.wallMs.push(wallMs);
    }
  }
  return times.map(({ name, cpuMs, wallMs }) => ({ name, cpuMs: median(cpuMs), wallMs: median(wallMs) }));
}

async function importOnce(model: FunctionModel): Promise<{ cpuMs: number; wallMs: number }> {
  const url = pathToFileURL(handlerFile(model)).href;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', PROGRAM, url], {
    env: { ...LAMBDA_ENVIRONMENT, ...model.environment },
  });
  return JSON.parse(stdout) as { cpuMs: number; wallMs: number };
}
