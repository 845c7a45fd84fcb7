import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../infra/run-node.ts';
import { npm, type Packages } from './install-once.ts';
import { freePort, Servers } from './servers.ts';

/** A command of an example, and all that it prints when it is ready. */
const READY = [/Press Ctrl-C/];

/** Copies of `examples/…`, installed and started as their README says. */
export class Examples {
  readonly #folder: string;
  readonly #servers = new Servers();
  /** Texts as they were installed, by their files. */
  readonly #texts = new Map<string, string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Copies and installs them: at once, as npm workspaces, since most have the same packages. */
  async install(names: readonly string[], { root, client }: Packages): Promise<void> {
    writeFileSync(join(this.#folder, 'package.json'), JSON.stringify({ private: true, workspaces: names }));
    for (const name of names) {
      const isLeft = (path: string) => !/[\\/](node_modules|\.next|\.local|package-lock\.json)$/.test(path);
      cpSync(join(REPOSITORY, 'examples', name), join(this.#folder, name), {
        recursive: true,
        filter: isLeft,
      });
      rewrite(join(this.#folder, name, 'package.json'), (text) =>
        text
          .replace(/("serverless-im"): ".*"/, `$1: ${JSON.stringify(`file:${root}`)}`)
          .replace(/("@serverless-im\/client"): ".*"/, `$1: ${JSON.stringify(`file:${client}`)}`),
      );
    }
    await npm(this.#folder, 'install', '--prefer-offline');
  }

  /**
   * `npm start`, with ports that are free in place of those of the example.
   * @param pagePort of the example's own page
   * @param ready what its own program prints when it is ready
   */
  async start(name: string, pagePort?: number, ready?: RegExp): Promise<Started> {
    const ports: Record<number, number> = {};
    for (const port of [8787, 8788, pagePort ?? 0]) ports[port] = await freePort();
    const own = (text: string) =>
      Object.entries(ports).reduce((all, [port, free]) => all.replaceAll(`:${port}`, `:${free}`), text);
    const folder = join(this.#folder, name);
    // It may have been started before: with other ports, and with what was said then.
    rmSync(join(folder, '.local'), { recursive: true, force: true });
    for (const path of globSync('{*.*,{app,src,public}/**/*.*}', { cwd: folder })) {
      const file = join(folder, path);
      this.#texts.set(file, this.#texts.get(file) ?? readFileSync(file, 'utf8'));
      writeFileSync(file, own(this.#texts.get(file) ?? ''));
    }
    rewrite(join(folder, 'package.json'), (text) =>
      text
        .replace('serverless-im start', `$& --port ${ports[8787]} --web-port ${ports[8788]}`)
        .replace(`--port ${pagePort}`, `--port ${ports[pagePort ?? 0]}`),
    );
    await this.#servers.run('npm start', folder, ready ? [...READY, ready] : READY);
    const httpUrl = `http://127.0.0.1:${ports[8787]}`;
    return {
      folder,
      pageUrl: `http://localhost:${ports[pagePort ?? 0]}`,
      httpUrl,
      wsUrl: `ws://127.0.0.1:${ports[8787]}/prod`,
      token: async (userId, roles) => {
        const body = JSON.stringify({ userId, roles });
        const answer = await fetch(`${httpUrl}/token`, { method: 'POST', body });
        return ((await answer.json()) as { readonly token: string }).token;
      },
    };
  }

  async stop(): Promise<void> {
    await this.#servers.stop();
  }
}

export interface Started {
  readonly folder: string;
  readonly pageUrl: string;
  readonly httpUrl: string;
  readonly wsUrl: string;
  token(userId: string, roles?: readonly string[]): Promise<string>;
}

function rewrite(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}
