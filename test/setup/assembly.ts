import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_DIRECTORY } from '../../local/runtime.ts';
import { synthesize } from '../../local/stack/synth.ts';

/** The projects' set-ups run in one process, but each has modules of its own. */
const shared = globalThis as { serverlessImAssembly?: Promise<string> };

/** The cloud assembly that all tests of a run share: what `cdk deploy` would upload. Gone with the temporary folder. */
export function sharedAssembly(): Promise<string> {
  shared.serverlessImAssembly ??= synthesizeOnce();
  return shared.serverlessImAssembly;
}

async function synthesizeOnce(): Promise<string> {
  const outDirectory = mkdtempSync(join(tmpdir(), 'serverless-im-cdk-'));
  await synthesize({ projectDirectory: PROJECT_DIRECTORY, outDirectory });
  return outDirectory;
}
