import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { REPOSITORY } from '../../infra/run-node.ts';
import type { Packages } from './install-once.ts';

/** A fenced block of a page: a file, if its name stands above it, or commands. */
interface Block {
  readonly file: string | undefined;
  readonly language: string;
  readonly text: string;
}

/** Commands that go on until they are stopped, and what they print when they are ready. */
const SERVERS: readonly (readonly [command: string, ready: RegExp])[] = [
  ['npx serverless-im start', /Press Ctrl-C/],
  ['npx vite', /ready in/],
];

/** Does what a page tells its reader, in a folder: writes the files, and types the commands. */
export class Walkthrough {
  readonly #folder: string;
  readonly #packages: Packages;
  readonly #servers: ChildProcess[] = [];
  readonly #ports = new Map<string, string>();
  /** Commands that need an AWS account. */
  readonly notRun: string[] = [];

  constructor(folder: string, packages: Packages) {
    this.#folder = folder;
    this.#packages = packages;
  }

  /** @throws {Error} with the output of a command that fails */
  async follow(page: string): Promise<void> {
    // Other programs of this machine may have the ports of the page.
    for (const port of ['8787', '5173']) this.#ports.set(port, String(await freePort()));
    for (const { file, language, text } of blocksOf(page)) {
      if (file !== undefined) writeFileSync(join(this.#folder, file), this.url(text));
      else if (language === 'sh') for (const line of text.trim().split('\n')) await this.#type(line);
    }
  }

  /** With the ports of this run. */
  url(text: string): string {
    return [...this.#ports].reduce((all, [port, own]) => all.replaceAll(port, own), text);
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      if (server.exitCode !== null) continue;
      process.kill(-Number(server.pid), 'SIGTERM');
      await once(server, 'close');
    }
  }

  async #type(line: string): Promise<void> {
    if (/^npx cdk (bootstrap|deploy)/.test(line)) this.notRun.push(line);
    else if (line.startsWith('npm install ')) await this.#run(this.#installed(line));
    else {
      const [, ready] = SERVERS.find(([command]) => line.startsWith(command)) ?? [];
      await this.#run(this.url(line), ready);
    }
  }

  /** The tarballs in place of our packages, and of others the versions of the repository, which are in npm's cache. */
  #installed(line: string): string {
    const { root, client } = this.#packages;
    const names = line.split(' ').slice(2);
    const sources: Readonly<Record<string, string>> = {
      'serverless-im': root,
      '@serverless-im/client': client,
    };
    return [
      'npm install --prefer-offline --no-audit --no-fund',
      ...names.map((name) => sources[name] ?? pinned(name)),
    ].join(' ');
  }

  async #run(command: string, ready?: RegExp): Promise<void> {
    const port = this.#ports.get('8787');
    const isChat = command.startsWith('npx serverless-im start');
    const child = spawn(isChat ? `${command} --port ${port} --web-port 0` : command, {
      shell: true,
      cwd: this.#folder,
      detached: ready !== undefined,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const done = Promise.withResolvers<void>();
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (ready?.test(output)) done.resolve();
      });
    }
    child.once('close', (code) => {
      if (ready === undefined && code === 0) done.resolve();
      else done.reject(new Error(`${command} ended with ${code}:\n${output}`));
    });
    if (ready !== undefined) this.#servers.push(child);
    await done.promise;
  }
}

function blocksOf(page: string): Block[] {
  const fences = page.matchAll(/(?:^`([\w./-]+)`:\n\n)?^```(\w+)\n(.*?)^```$/gms);
  return [...fences].map(([, file, language = '', text = '']) => ({ file, language, text }));
}

function pinned(name: string): string {
  const manifest = readFileSync(join(REPOSITORY, 'node_modules', name, 'package.json'), 'utf8');
  return `${name}@${(JSON.parse(manifest) as { version: string }).version}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
