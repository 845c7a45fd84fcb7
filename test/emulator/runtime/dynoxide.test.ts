/** @module-tag long */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startDynamoDb } from '../../../local/emulators/dynoxide.ts';
import { findBinary, type Machine, packagedBinary } from '../../../local/emulators/dynoxide-binary.ts';
import { killTree } from '../../../local/kill-tree.ts';
import { OperatorError } from '../../../local/operator-error.ts';
import manifest from '../../../package.json' with { type: 'json' };
import lock from '../../../package-lock.json' with { type: 'json' };
import { temporaryFolder } from './bundle.ts';
import { eventually } from './eventually.ts';

const MAC: Machine = { platform: 'darwin', arch: 'arm64' };
const BINARY = packagedBinary(process) ?? expect.fail('This machine has no dynoxide.');

/** Without a dynoxide. */
const PATH = [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A registry that has dynoxide for one kind of machine, as npm's has. */
async function registry(machine: Machine): Promise<NodeJS.ProcessEnv> {
  const folder = temporaryFolder();
  const kind = `@dynoxide/${machine.platform}-${machine.arch}`;
  const packages = [
    { name: 'dynoxide', bin: { dynoxide: 'cli.js' }, optionalDependencies: { [kind]: '1.2.1' } },
    { name: kind },
  ];
  const tarballs = new Map<string, string>();
  for (const manifest of packages) {
    const from = join(folder, manifest.name);
    mkdirSync(from, { recursive: true });
    writeFileSync(join(from, 'package.json'), JSON.stringify({ ...manifest, version: '1.2.1' }));
    writeFileSync(join(from, 'cli.js'), '#!/usr/bin/env node\n');
    cpSync(BINARY, join(from, 'dynoxide'));
    const packed = await promisify(execFile)('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: from,
    });
    tarballs.set(manifest.name, join(folder, JSON.parse(packed.stdout)[0].filename));
  }
  const server = createServer((request, response) => {
    const [, name = '', isTarball] =
      /^\/(.+?)(\/tarball)?$/.exec(decodeURIComponent(request.url ?? '')) ?? [];
    const manifest = packages.find((one) => one.name === name);
    const tarball = tarballs.get(name);
    if (manifest === undefined || tarball === undefined) return response.writeHead(404).end('{}');
    if (isTarball) return response.end(readFileSync(tarball));
    const dist = { tarball: `http://${request.headers.host}/${name}/tarball` };
    const versions = { '1.2.1': { ...manifest, version: '1.2.1', dist } };
    response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.2.1' }, versions }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return {
    PATH,
    HOME: folder,
    npm_config_cache: join(folder, 'cache'),
    npm_config_registry: `http://127.0.0.1:${port}`,
  };
}

test('the lock file names the binaries of all machines, or npm ci would fail', () => {
  const optional = Object.keys(manifest.optionalDependencies);
  expect(optional).toHaveLength(5);
  const locked: Readonly<Record<string, unknown>> = lock.packages;
  for (const name of optional) expect(locked[`node_modules/${name}`]).toMatchObject({ optional: true });
});

test('comes from the package for the machine, then from the PATH', async () => {
  expect(await findBinary({ environment: { PATH: '' } })).toMatch(/@dynoxide\/.*\/dynoxide$/);
  const folder = temporaryFolder();
  symlinkSync(BINARY, join(folder, 'dynoxide'));
  const environment = { PATH: [folder, PATH].join(delimiter) };
  expect(await findBinary({ environment, machine: MAC })).toBe(join(folder, 'dynoxide'));
  writeFileSync(join(folder, 'dynoxide.exe'), '');
  const windows: Machine = { platform: 'win32', arch: 'x64' };
  expect(await findBinary({ environment, machine: windows })).toBe(join(folder, 'dynoxide.exe'));
});

test('is fetched by npx if it is nowhere, with a line that says so, and runs', async () => {
  const said: string[] = [];
  const database = await startDynamoDb({
    environment: await registry(process),
    findPackaged: () => undefined,
    onNotice: (message) => said.push(message),
  });
  await database.stop();
  expect(said).toEqual([
    `no DynamoDB emulator for ${process.platform}-${process.arch} is installed: getting one by npx dynoxide`,
  ]);
});

test.each([
  ['the registry has none for the machine', MAC, 'it has none for this machine'],
  ['there is no npm', undefined, 'there is no npm on the PATH'],
])('is refused in one line that says what to install: %s', async (_, machine, reason) => {
  const environment = machine === undefined ? { PATH: '/nowhere' } : await registry(process);
  const found = findBinary({ environment, machine: MAC });
  await expect(found).rejects.toThrow(OperatorError);
  await expect(found).rejects.toThrow(
    `No DynamoDB emulator for darwin-arm64, and npx dynoxide got none (${reason})`,
  );
  await expect(found).rejects.toThrow(/brew install .* DYNAMODB_ENDPOINT [^\n]*$/);
});

test.each(['linux', 'win32'] as const)(
  'dies with its starter, also by kill -9, as on %s',
  async (platform) => {
    const script = `
    import { startDynamoDb } from './local/emulators/dynoxide.ts';
    const findPackaged = () => ${JSON.stringify(BINARY)};
    const { endpoint } = await startDynamoDb({ machine: { platform: '${platform}', arch: 'x64' }, findPackaged });
    console.log(new URL(endpoint).port);
    setInterval(() => {}, 1e9);`;
    const starter = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void starter.kill('SIGKILL'));
    const [port] = await once(starter.stdout.setEncoding('utf8'), 'data');
    const pattern = `^[^ ]*dynoxide serve .*--port ${String(port).trim()}`;
    const pid = Number(execFileSync('pgrep', ['-f', pattern], { encoding: 'utf8' }).split('\n')[0]);
    expect(isAlive(pid)).toBe(true);
    starter.kill('SIGKILL');
    await eventually(() => isAlive(pid)).toBe(false);
  },
);

test('stops on Windows too, and leaves no watcher behind', async () => {
  const machine: Machine = { platform: 'win32', arch: 'x64' };
  const database = await startDynamoDb({ machine, findPackaged: () => BINARY });
  const watchers = () => childrenOf(process.pid).filter((line) => line.includes('process.stdin'));
  expect(watchers()).toHaveLength(1);
  await database.stop();
  await eventually(watchers).toEqual([]);
});

test('a script on the PATH that starts the emulator is stopped with it', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'dynoxide'), `#!/bin/sh\n"${BINARY}" "$@"\n`, { mode: 0o755 });
  const environment = { PATH: [folder, PATH].join(delimiter) };
  const database = await startDynamoDb({ environment, findPackaged: () => undefined });
  const { port } = new URL(database.endpoint);
  const running = () =>
    execFileSync('sh', ['-c', `pgrep -f "^[^ ]*dynoxide serve .*--port ${port}" || true`], {
      encoding: 'utf8',
    });
  expect(running()).not.toBe('');
  await database.stop();
  await eventually(running).toBe('');
});

test('a tree of processes is killed by taskkill on Windows', async () => {
  const folder = temporaryFolder();
  const said = join(folder, 'said');
  writeFileSync(join(folder, 'taskkill'), `#!/bin/sh\necho "$@" >${said}\nkill -9 $2\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const child = spawn('sleep', ['600']);
  killTree(child, 'win32');
  await once(child, 'exit');
  expect(readFileSync(said, 'utf8')).toBe(`/pid ${child.pid} /T /F\n`);
});

function childrenOf(pid: number): string[] {
  return execFileSync('sh', ['-c', `ps --ppid ${pid} -o args= || true`], { encoding: 'utf8' }).split('\n');
}
