import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT_DIRECTORY } from '../../local/runtime.ts';
import { synthesize } from '../../local/stack/synth.ts';
import { RELEASE_CONTEXT } from './earlier-release.ts';

/** The projects' set-ups run in one process, but each has modules of its own. */
const shared = globalThis as { serverlessImAssembly?: Promise<string> };

/** The cloud assembly that all tests of a run share: what `cdk deploy` would upload. Gone with the temporary folder. */
export function sharedAssembly(): Promise<string> {
  shared.serverlessImAssembly ??= synthesizeInto(mkdtempSync(join(tmpdir(), 'serverless-im-cdk-')));
  return shared.serverlessImAssembly;
}

/** The options with which other systems build on a deployment. */
const PLATFORM = {
  events: 'true',
  archive: 'true',
  historyRetention: '30d',
  beforeSend: 'test/fixtures/platform/before-send.ts',
  beforeSendServiceEvents: 'true',
  // The first answer waits for a cold start, and the machine may be busy.
  beforeSendTimeoutMs: '5000',
  profileSource: 'test/fixtures/platform/profile-source.ts',
};

/** The same, notifications, and scans of files, for the model (test/proof/model). */
export const MODEL = {
  ...PLATFORM,
  webPushSubject: 'mailto:ops@example.com',
  notificationText: 'preview',
  attachmentScan: 'true',
};

/**
 * The same with these options. Few files need it, so the first of them makes it, whichever worker runs it; the others wait.
 */
export function platformAssembly(): Promise<string> {
  return assemblyOf('platform', PLATFORM);
}

/** The same with notifications and scans, too. */
export function modelAssembly(): Promise<string> {
  return assemblyOf('model', MODEL);
}

/** The same with scans of files. */
export function scanAssembly(): Promise<string> {
  return assemblyOf('scan', { attachmentScan: 'true' });
}

/** The same with the options that the earlier release has. */
export function releaseAssembly(): Promise<string> {
  return assemblyOf('release', RELEASE_CONTEXT);
}

async function assemblyOf(name: string, context: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(tmpdir(), `serverless-im-${name}`);
  const done = join(folder, 'done');
  if (isFirst(folder)) {
    await synthesizeInto(join(folder, 'cdk.out'), context);
    writeFileSync(done, '');
  }
  while (!existsSync(done)) await sleep(100);
  return join(folder, 'cdk.out');
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

async function synthesizeInto(
  outDirectory: string,
  context: Readonly<Record<string, string>> = {},
): Promise<string> {
  await synthesize({ projectDirectory: PROJECT_DIRECTORY, outDirectory, context });
  return outDirectory;
}
