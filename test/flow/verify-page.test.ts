/** @module-tag long */
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newUser, type Stack, sharedStack } from './setup/stack.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const PAGE = read('docs/verify-on-aws.md');

/** A shell function of the page, as it is written there. */
function functionOf(name: string): string {
  const [text] = new RegExp(`^${name}\\(\\) \\{(.*\\}|[^]*?^\\})`, 'm').exec(PAGE) ?? [];
  if (text === undefined) throw new Error(`no function ${name}`);
  return text;
}

describe('docs/verify-on-aws.md', () => {
  let stack: Stack;
  let token: string;
  beforeAll(async () => {
    stack = await sharedStack();
    token = await stack.token(newUser('alice'));
  });
  afterAll(() => stack?.stop());

  const shell = (command: string, T = token) =>
    new Promise<string>((resolve, reject) => {
      const names = { WS: stack.wsUrl, HTTP: stack.httpUrl, T, HTTP_URL: stack.httpUrl, TOKEN: T };
      const env = { PATH: process.env['PATH'] ?? '', ...names };
      execFile('bash', ['-c', command], { env }, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      );
    });

  it.each([
    ["upgrade '?deviceId=phone'", undefined, '101'],
    ["upgrade '?deviceId=a%20b'", undefined, '400'],
    ['upgrade', 'no', '401'],
  ])(
    'has a line that handshakes, and shows why an upgrade is refused: %s with %s gives %s',
    async (call, T, status) => {
      expect(await shell(`${functionOf('upgrade')}; ${call}`, T)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    },
  );

  it('has a line that asks the HTTP API', async () => {
    expect(await shell(`${functionOf('get')}; get /session`)).toMatch(/"userId":"alice.*\n200\n$/);
  });

  it('has in docs/sign-in.md a sister with a line that says why a token is refused', async () => {
    const [, line = ''] = /`(curl [^`]*)`/.exec(read('docs/sign-in.md')) ?? [];
    expect(await shell(line)).toMatch(/^HTTP\/1.1 200 /);
    expect(await shell(line, 'no')).toMatch(/^HTTP\/1.1 401 .*"code":"unauthorized","message":"\w/s);
  });

  it('names only cases that verify runs', () => {
    const named = [...PAGE.matchAll(/cases? "([^"]+)"(?: and "([^"]+)")?/g)].flatMap(([, ...names]) =>
      names.filter((name) => name !== undefined),
    );
    expect(named.length).toBeGreaterThan(4);
    const [, files = ''] = /CONTRACT = \[([^\]]+)\]/.exec(read('cli/verify/contract.ts')) ?? [];
    const paths = [...files.matchAll(/'(\w[\w-]*)'/g)].map(([, name]) => `test/flow/${name}.test.ts`);
    expect(globSync(paths, { cwd: fileURLToPath(new URL('../../', import.meta.url)) })).toHaveLength(
      paths.length,
    );
    const titles = paths.map(read).join('\n');
    expect(named.filter((name) => !titles.includes(name))).toEqual([]);
  });
});
