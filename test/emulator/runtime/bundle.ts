import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionModel } from '../../../local/model.ts';

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'im-runtime-'));
}

/** A function whose bundle is the given source text; its handler is `index.handler`. */
export function functionOf(source: string, overrides: Partial<FunctionModel> = {}): FunctionModel {
  const codeDirectory = temporaryFolder();
  writeFileSync(join(codeDirectory, 'index.mjs'), source);
  return {
    logicalId: 'Fn',
    name: overrides.logicalId ?? 'Fn',
    codeDirectory,
    handler: 'index.handler',
    environment: {},
    timeoutSeconds: 10,
    memoryMegabytes: 128,
    ...overrides,
  };
}
