/** @module-tag long */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { create } from 'enhanced-resolve';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The package as it would be published, installed outside this repository. */

const run = promisify(execFile);
const client = fileURLToPath(new URL('..', import.meta.url));
const resolve = createRequire(import.meta.url).resolve;
const tscIn = (from: string): string =>
  join(dirname(createRequire(from).resolve('typescript/package.json')), 'bin/tsc');
/** TypeScript 7, and 6, the last that can do without `exports`. */
const compilers = [tscIn(join(client, '../package.json')), tscIn(join(client, 'package.json'))] as const;
let folder: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'im-client-'));
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, '@serverless-im'), { recursive: true });
  await run('npm', ['pack', '--pack-destination', folder], { cwd: client });
  await run('tar', ['-xzf', join(folder, 'serverless-im-client-0.1.0.tgz'), '-C', folder]);
  await symlink(join(folder, 'package'), join(modules, '@serverless-im/client'));
  await mkdir(join(modules, '@types'));
  await symlink(dirname(resolve('@types/node/package.json')), join(modules, '@types/node'));
  const listed = await run('find', ['.', '-type', 'f'], { cwd: join(folder, 'package') });
  files = listed.stdout.trim().split('\n').sort();
});
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

const TYPED = `
import { type Client, createClient, type Off } from '@serverless-im/client';
import { createClient as createDesk } from '@serverless-im/client/desk';
import { withPolling } from '@serverless-im/client/polling';
import { type UseMessages, useMessages } from '@serverless-im/client/react';
declare const console: { log(...values: unknown[]): void };
const httpUrl = '';
const environment = { WebSocket: withPolling({ httpUrl }) };
const im: Client = createClient({ wsUrl: '', httpUrl, getToken: async () => '', environment });
const off: Off = im.direct('bob').on('message', ({ content }) => {
  if (content.type === 'text') console.log(content.text);
});
const { messages }: UseMessages = useMessages(im.direct('bob'));
const seq: number | undefined = messages[0]?.seq;
const reply: Promise<unknown> = im.request('translate', { text: 'hi' });
// @ts-expect-error there is no such state
if (im.state === 'nonsense') off();
// @ts-expect-error text is missing
im.direct('bob').send({ type: 'text' });
console.log(seq, reply, createDesk);
export {};`;

describe('the packed tarball', () => {
  it('contains the build, its types, and its docs, and no source', () => {
    const names = ['index', 'react', 'desk', 'polling', 'admin', 'shared'];
    const built = ['./dist', './dist/cjs'].flatMap((dir) =>
      names.flatMap((name) => [`${dir}/${name}.js`, `${dir}/${name}.d.ts`]),
    );
    const others = ['./package.json', './README.md', './docs/index.md', './dist/cjs/package.json'];
    expect(files).toEqual(expect.arrayContaining([...built, ...others]));
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
    const hooks =
      'useAttachment,useBlocks,useConnection,useContacts,useConversations,useLiveTexts,useMessage,useMessages,usePins,usePresence,useProfile,useProfiles,usePush,useSettings,useTyping';
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

  it('starts the hooks with `use client`, as server components demand', async () => {
    for (const file of ['dist/react.js', 'dist/cjs/react.js']) {
      const text = await readFile(join(folder, 'package', file), 'utf8');
      expect(text).toMatch(/^["']use client["'];/);
    }
  });

  // Without `exports`: webpack 4 in a page, and Metro before 0.82, which knows no `.cjs` or `.mjs` either.
  it.each<[string, string[], string]>([
    ['webpack 4', ['browser', 'module', 'main'], 'dist'],
    ['old Metro', ['react-native', 'browser', 'main'], 'dist/cjs'],
  ])('is found by the fields and folders that %s reads', (_, mainFields, built) => {
    const resolver = create.sync({
      ...{ exportsFields: [], conditionNames: [], mainFields, extensions: ['.js', '.json'] },
    });
    for (const [subpath, entry] of [
      ['', 'index'],
      ['/react', 'react'],
      ['/desk', 'desk'],
      ['/polling', 'polling'],
      ['/admin', 'admin'],
    ])
      expect(resolver(folder, `@serverless-im/client${subpath}`)).toBe(
        join(folder, 'package', built, `${entry}.js`),
      );
  });

  // `skipLibCheck` is false unless set, so the declarations themselves compile, too.
  it.each<[string, string[], 0 | 1, string]>([
    ['in Node, without the DOM', ['mts', 'cts'], 0, '--module nodenext --lib es2022 --types node'],
    ['in a page, without Node', ['mts'], 0, '--module esnext --moduleResolution bundler --lib es2022,dom'],
    [
      'without `exports`',
      ['ts'],
      1,
      '--module esnext --moduleResolution node10 --ignoreDeprecations 6.0 --lib es2022,dom',
    ],
  ])('has types that compile %s', async (_, extensions, compiler, flags) => {
    const sources = extensions.map((extension) => `types.${extension}`);
    for (const file of sources) await writeFile(join(folder, file), TYPED);
    const options = `--strict --noEmit --target es2022 ${flags}`.split(' ');
    const { stdout } = await run(process.execPath, [compilers[compiler], ...options, ...sources], {
      cwd: folder,
    }).catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');
  });

  it('imports only React, and the signer of the admin API', async () => {
    const { stdout } = await run('grep', ['-rhoE', `(from|require\\()\\s*["'][^"']+["']`, 'package/dist'], {
      cwd: folder,
    });
    const imported = new Set([...stdout.matchAll(/["']([^"']+)["']/g)].map(([, name]) => name));
    const outside = [...imported].filter(
      (name) => !/^\.\/(shared\d*|attachment-links|prepare|uploader|web-push)\.js$/.test(name ?? ''),
    );
    expect(outside.sort()).toEqual(['@smithy/signature-v4', 'react']);
  });
});
