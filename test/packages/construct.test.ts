import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { REPOSITORY, runNode } from '../infra/run-node.ts';
import { checkTypes, folderWith, SYNTH, synth } from './setup/project.ts';

const APP = `
import { App, Stack } from 'aws-cdk-lib';
import { ServerlessIm } from 'serverless-im';

const stack = new Stack(new App(), 'Shop');
const chat = new ServerlessIm(stack, 'Chat', { issuer: 'https://login.example.com', audience: 'chat' });
console.log(Object.keys(chat.functions).length);
`;

const PROGRAM = `
import { App, Stack } from 'aws-cdk-lib';
import { ServerlessIm, type ServerlessImProps } from 'serverless-im';
import { type LocalRuntime, type RuntimeOptions, startRuntime } from 'serverless-im/local';

const props: ServerlessImProps = { issuer: 'https://login.example.com', audience: 'chat' };
const chat: ServerlessIm = new ServerlessIm(new Stack(new App(), 'Shop'), 'Chat', props);
export const url: string = chat.webSocket.url;
const options: RuntimeOptions = { context: { desk: false } };
export const starting: Promise<LocalRuntime> = startRuntime(options);
// @ts-expect-error: there is no such option.
export const wrong: ServerlessImProps = { isuer: '' };
`;

/** Every function, each of its bundles, and the web page. */
const everything = (construct: string) => `
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { ServerlessIm } from '${construct}';

const app = new App();
new ServerlessIm(new Stack(app, 'Plain'), 'Chat');
const stack = new Stack(app, 'Everything');
const code = Code.fromInline('exports.handler = async () => ({})');
const handler = new Function(stack, 'Own', { code, handler: 'index.handler', runtime: Runtime.NODEJS_24_X });
new ServerlessIm(stack, 'Chat', {
  historyRetention: Duration.days(30),
  ...{ events: true, archive: true, webPage: true, attachmentScan: true, dashboard: true },
  notifications: { webPush: { subject: 'mailto:ops@example.com' } },
  beforeSend: { handler },
  profileSource: { handler },
});
`;

describe('the construct, installed', () => {
  it('is synthesized by ten lines of JavaScript, without esbuild', async () => {
    const folder = folderWith({ 'app.js': APP });
    expect(await synth(folder, 'app.js')).toEqual({ exitCode: 0, stdout: '11\n', stderr: '' });
    const { resolve } = createRequire(join(inject('packages').project, 'app.js'));
    expect(() => resolve('esbuild')).toThrow('Cannot find module');
  });

  it('makes the same templates and assets as in the repository, with every option that adds a function', async () => {
    const folder = folderWith({ 'app.js': everything('serverless-im') });
    const fromSource = ['--input-type=module', '-e', everything('./lib/index.ts')];
    const outdir = join(folder, 'repository');
    const [installed, repository] = await Promise.all([
      synth(folder, 'app.js'),
      runNode(REPOSITORY, fromSource, { ...SYNTH, CDK_OUTDIR: outdir }),
    ]);
    expect(installed).toMatchObject({ exitCode: 0, stderr: '' });
    expect(repository).toMatchObject({ exitCode: 0 });
    expect(assembly(join(folder, 'cdk.out'))).toEqual(assembly(outdir));
  });

  it('can be required by a CommonJS app', async () => {
    const folder = folderWith({
      'app.cjs': "const { ServerlessIm } = require('serverless-im'); console.log(ServerlessIm.name);",
    });
    expect(await runNode(folder, ['app.cjs'])).toEqual({ exitCode: 0, stdout: 'ServerlessIm\n', stderr: '' });
  });

  it.each([
    ['nodenext', 'app.ts', { module: 'nodenext' }],
    ['nodenext, in a CommonJS app', 'app.cts', { module: 'nodenext', skipLibCheck: true }],
    ['bundler', 'app.ts', { module: 'preserve', moduleResolution: 'bundler', skipLibCheck: true }],
  ])('has types under %s', async (_, file, options) => {
    const folder = folderWith({ [file]: PROGRAM });
    expect(await checkTypes(folder, options)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it("says in one line how to get esbuild, which only an operator's own modules need", async () => {
    const folder = folderWith({
      'hook.ts': 'export const handler = async () => ({});',
      'app.js': `
        import { App } from 'aws-cdk-lib';
        import { ServerlessImStack } from 'serverless-im';
        try {
          new ServerlessImStack(new App({ context: { userPool: true, beforeSend: 'hook.ts' } }), 'Chat');
        } catch (error) {
          console.log(error.message);
          process.exit();
        }`,
    });
    const { stdout } = await synth(folder, 'app.js');
    expect(stdout).toBe(
      "serverless-im: beforeSend: hook.ts can't be bundled: esbuild is not installed (npm install --save-dev esbuild)\n",
    );
  });
});

/** The templates by name, and the names of the assets, which are their hashes. */
function assembly(folder: string) {
  const names = readdirSync(folder);
  const templates = names.filter((name) => name.endsWith('.template.json'));
  return {
    assets: names.filter((name) => name.startsWith('asset.')).sort(),
    templates: Object.fromEntries(
      templates.map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8'))]),
    ),
  };
}
