import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { PROJECT_DIRECTORY } from '../../../local/runtime.ts';
import { synthesize } from '../../../local/stack/synth.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The cloud assembly that all flow tests run: what `cdk deploy` would upload. */
    readonly cdkOut: string;
  }
}

export default async function synthOnce(project: TestProject): Promise<() => void> {
  const outDirectory = mkdtempSync(join(tmpdir(), 'serverless-im-flow-'));
  await synthesize({ projectDirectory: PROJECT_DIRECTORY, outDirectory });
  project.provide('cdkOut', outDirectory);
  return () => rmSync(outDirectory, { recursive: true, force: true });
}
