import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { REPOSITORY, type Run, runNode } from '../../infra/run-node.ts';

const TSC = join(REPOSITORY, 'node_modules/typescript/bin/tsc');

/** A folder of a test's own in the project in which the packages are installed, with these files. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(inject('packages').project, 'test-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** CDK's own rules would take most of the time. */
export const SYNTH = { CDK_VALIDATION: 'false' };

/** Synthesizes a CDK app as the `cdk` command does: its output is in `cdk.out`. */
export function synth(folder: string, file: string): Promise<Run> {
  return runNode(folder, [file], { ...SYNTH, CDK_OUTDIR: join(folder, 'cdk.out') });
}

/** Checks TypeScript files with the declarations of the packages, and all that those refer to. */
export function checkTypes(folder: string, options: Readonly<Record<string, unknown>>): Promise<Run> {
  const compilerOptions = { target: 'es2024', strict: true, noEmit: true, types: ['node'], ...options };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  return checkTypesOf(folder);
}

/** By the folder's own tsconfig.json. */
export function checkTypesOf(folder: string): Promise<Run> {
  return runNode(folder, [TSC, '-p', '.']);
}
