import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionNames } from '../../lib/functions.ts';
import manifest from '../../package.json' with { type: 'json' };
import { REPOSITORY, type Run, runNode } from './run-node.ts';

const TSC = join(REPOSITORY, 'node_modules/typescript/bin/tsc');

/** package.json of the compiled package. */
const PACKAGE = {
  name: 'serverless-im',
  type: 'module',
  exports: manifest.exports,
};

const APP = `
import { App, Stack } from 'aws-cdk-lib';
import { ServerlessIm, type ServerlessImProps } from 'serverless-im';

const props: ServerlessImProps = { issuer: 'https://issuer.example.com', audience: 'im' };
const chat = new ServerlessIm(new Stack(new App(), 'Own'), 'Chat', props);
console.log(Object.keys(chat.functions).length);
`;

const TSCONFIG = {
  compilerOptions: { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, types: ['node'] },
  files: ['app.ts'],
};

/** A folder with an app, the package below its node_modules, and all dependencies above. */
function makeApp(): { readonly folder: string; readonly installed: string } {
  const root = mkdtempSync(join(tmpdir(), 'serverless-im-package-'));
  const folder = join(root, 'app');
  const installed = join(folder, 'node_modules/serverless-im');
  mkdirSync(installed, { recursive: true });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(installed, 'package.json'), JSON.stringify(PACKAGE));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  writeFileSync(join(folder, 'app.ts'), APP);
  return { folder, installed };
}

describe('the compiled package, in node_modules of another app', () => {
  const { folder, installed } = makeApp();
  const outdir = join(folder, 'cdk.out');
  const functions = functionNames({
    desk: true,
    events: false,
    archive: false,
    attachments: true,
    notifications: false,
    attachmentScan: false,
  }).length;
  let build: Run;
  let synth: Run;
  let types: Run;

  beforeAll(async () => {
    build = await runNode(REPOSITORY, [
      TSC,
      '-p',
      'tsconfig.build.json',
      '--outDir',
      join(installed, 'dist'),
    ]);
    const environment = { CDK_OUTDIR: outdir, CDK_VALIDATION: 'false' };
    [synth, types] = await Promise.all([
      runNode(folder, ['app.ts'], environment),
      runNode(folder, [TSC, '-p', '.']),
    ]);
  });
  afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

  it('is built without errors', () => {
    expect(build).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('is synthesized with its bundled functions', () => {
    expect({ ...synth, stderr: '' }).toEqual({ exitCode: 0, stdout: `${functions}\n`, stderr: '' });
    const assets = readdirSync(outdir).filter((name) => name.startsWith('asset.'));
    expect(assets).toHaveLength(functions);
    for (const asset of assets) {
      expect(readFileSync(join(outdir, asset, 'index.mjs'), 'utf8')).toMatch(/export\{.*\bhandler\b.*\}/);
    }
  });

  it('has types', () => {
    expect(types).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });
});
