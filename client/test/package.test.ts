import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The package as it would be published, installed outside this repository. */

const run = promisify(execFile);
const client = fileURLToPath(new URL('..', import.meta.url));
const resolve = createRequire(import.meta.url).resolve;
const tsc = join(dirname(resolve('typescript/package.json')), 'bin/tsc');
let folder: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'im-client-'));
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '@serverless-im'), { recursive: true });
  await run('npm', ['pack', '--pack-destination', folder], { cwd: client });
  await run('tar', ['-xzf', join(folder, 'serverless-im-client-0.1.0.tgz'), '-C', folder]);
  await symlink(join(folder, 'package'), join(modules, '@serverless-im/client'));
  const listed = await run('find', ['.', '-type', 'f'], { cwd: join(folder, 'package') });
  files = listed.stdout.trim().split('\n').sort();
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** React, as an app that uses the hooks installs it. */
async function withReact(): Promise<void> {
  const target = join(folder, 'node_modules/react');
  await symlink(dirname(resolve('react/package.json')), target).catch(() => {});
}

async function node(file: string, source: string): Promise<string> {
  await writeFile(join(folder, file), source);
  return (await run(process.execPath, [join(folder, file)], { cwd: folder })).stdout.trim();
}

const USE = `
const im = createClient({ wsUrl: 'ws://x', httpUrl: 'http://x', getToken: () => 't', store: memoryStore() });
im.direct('bob').send({ type: 'text', text: 'hi' }).acked.catch(() => {});
console.log(im.state, new UnauthorizedError() instanceof ImError);
`;
const NAMES = '{ createClient, memoryStore, ImError, UnauthorizedError }';

describe('the packed tarball', () => {
  it('contains the build, its types, and its docs, and no source', () => {
    const built = ['index', 'react', 'desk', 'polling', 'shared'].flatMap((name) =>
      ['js', 'cjs', 'd.ts', 'd.cts'].map((extension) => `./dist/${name}.${extension}`),
    );
    expect(files).toEqual(
      expect.arrayContaining([...built, './package.json', './README.md', './docs/index.md']),
    );
    expect(files.filter((file) => /\/(src|test|scripts)\//.test(file))).toEqual([]);
  });

  it('can be imported as ESM', async () => {
    expect(await node('a.mjs', `import ${NAMES} from '@serverless-im/client';${USE}`)).toBe('idle true');
  });

  it('can be required as CommonJS', async () => {
    expect(await node('a.cjs', `const ${NAMES} = require('@serverless-im/client');${USE}`)).toBe('idle true');
  });

  it('has the hooks in ./react, as ESM and CommonJS', async () => {
    await withReact();
    const hooks = 'useConnection,useConversations,useMessages,usePresence,useTyping';
    expect(
      await node(
        'r.mjs',
        "import * as r from '@serverless-im/client/react';console.log(Object.keys(r).join())",
      ),
    ).toBe(hooks);
    expect(
      await node('r.cjs', "console.log(Object.keys(require('@serverless-im/client/react')).sort().join())"),
    ).toBe(hooks);
  });

  it('has types for ESM and CommonJS that compile on their own', async () => {
    const uses = `
      const im: Client = createClient({ wsUrl: '', httpUrl: '', getToken: async () => '' });
      const off: Off = im.direct('bob').on('message', ({ content }) => {
        if (content.type === 'text') console.log(content.text);
      });
      const { messages }: UseMessages = useMessages(im.direct('bob'));
      const seq: number | undefined = messages[0]?.seq;
      // @ts-expect-error there is no such state
      if (im.state === 'nonsense') off();
      // @ts-expect-error text is missing
      im.direct('bob').send({ type: 'text' });
      console.log(seq);`;
    const imports = `
      import { type Client, createClient, type Off } from '@serverless-im/client';
      import { type UseMessages, useMessages } from '@serverless-im/client/react';`;
    await writeFile(join(folder, 'types.mts'), imports + uses);
    await writeFile(join(folder, 'types.cts'), imports + uses);
    const options = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2022,dom'];
    for (const module of ['nodenext', 'node16', 'esnext --moduleResolution bundler']) {
      const flags = [...options, '--module', ...module.split(' ')];
      const sources = module.startsWith('node') ? ['types.mts', 'types.cts'] : ['types.mts'];
      const { stdout } = await run(process.execPath, [tsc, ...flags, ...sources], { cwd: folder }).catch(
        (error: { stdout: string }) => error,
      );
      expect(stdout).toBe('');
    }
  });

  it('imports only React', async () => {
    const { stdout } = await run('grep', ['-rhoE', `(from|require\\()\\s*["'][^"']+["']`, 'package/dist'], {
      cwd: folder,
    });
    const imported = new Set([...stdout.matchAll(/["']([^"']+)["']/g)].map(([, name]) => name));
    const outside = [...imported].filter((name) => !/^\.\/shared\d*\.c?js$/.test(name ?? ''));
    expect(outside).toEqual(['react']);
  });
});
