import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Commands as a reader types them, of which some go on until they are stopped. */
export class Servers {
  readonly #running: ChildProcess[] = [];

  /**
   * Waits until the command ends with 0, or has printed all that says that it is ready.
   * @throws {Error} with its output if it fails
   */
  async run(command: string, cwd: string, ready: readonly RegExp[] = []): Promise<void> {
    const goesOn = ready.length > 0;
    const child = spawn(command, { shell: true, cwd, detached: goesOn, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const done = Promise.withResolvers<void>();
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (goesOn && ready.every((pattern) => pattern.test(output))) done.resolve();
      });
    }
    child.once('close', (code) => {
      if (!goesOn && code === 0) done.resolve();
      else done.reject(new Error(`${command} ended with ${code}:\n${output}`));
    });
    if (goesOn) this.#running.push(child);
    await done.promise;
  }

  /** As Ctrl-C does: the whole process group gets the signal. */
  async stop(): Promise<void> {
    for (const child of this.#running.splice(0)) {
      if (child.exitCode !== null) continue;
      const closed = once(child, 'close');
      process.kill(-Number(child.pid), 'SIGTERM');
      await closed;
    }
  }
}

/** Other programs of this machine may have the ports that a page or an example names. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
