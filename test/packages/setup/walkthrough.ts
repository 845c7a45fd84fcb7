import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asInRepository, type Packages } from './install-once.ts';
import { freePort, Servers } from './servers.ts';

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
  readonly #servers = new Servers();
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
    await this.#servers.stop();
  }

  async #type(line: string): Promise<void> {
    if (/^npx cdk (bootstrap|deploy)/.test(line)) this.notRun.push(line);
    else if (line.startsWith('npm install ')) await this.#run(this.#installed(line));
    else {
      const [, ready] = SERVERS.find(([command]) => line.startsWith(command)) ?? [];
      await this.#run(this.url(line), ready);
    }
  }

  /** The tarballs that the page names, and of others the versions of the repository, which are in npm's cache. */
  #installed(line: string): string {
    const { root, client } = this.#packages;
    const names = line.split(' ').slice(2);
    const sources: Readonly<Record<string, string>> = {
      '~/serverless-im/serverless-im-0*.tgz': root,
      '~/serverless-im/serverless-im-client-*.tgz': client,
    };
    return [
      'npm install --prefer-offline --no-audit --no-fund',
      ...names.map((name) => sources[name] ?? asInRepository(name)),
    ].join(' ');
  }

  async #run(command: string, ready?: RegExp): Promise<void> {
    const port = this.#ports.get('8787');
    const isChat = command.startsWith('npx serverless-im start');
    const line = isChat ? `${command} --port ${port} --web-port 0` : command;
    await this.#servers.run(line, this.#folder, ready && [ready]);
  }
}

function blocksOf(page: string): Block[] {
  const fences = page.matchAll(/(?:^`([\w./-]+)`:\n\n)?^```(\w+)\n(.*?)^```$/gms);
  return [...fences].map(([, file, language = '', text = '']) => ({ file, language, text }));
}
