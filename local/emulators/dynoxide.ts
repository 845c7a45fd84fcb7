import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { closeServer, listenOn } from '../listening.ts';
import { OperatorError } from '../operator-error.ts';
import type { Emulator, EmulatorEvents } from './emulator.ts';

export interface DynamoDbOptions extends EmulatorEvents {
  /** SQLite file. @default - in memory */
  readonly file?: string;
  /** @default process.env */
  readonly environment?: Readonly<NodeJS.ProcessEnv>;
  /** Finds the binary installed by `npm ci`. @default the optional dependency `@dynoxide/linux-x64` */
  readonly findPackaged?: () => string | undefined;
}

const START_ATTEMPTS = 5;
const START_TIMEOUT_MS = 10_000;

/**
 * Starts dynoxide (https://github.com/nubo-db/dynoxide), or uses the DynamoDB that `DYNAMODB_ENDPOINT` names.
 * @throws {OperatorError} if there is none or it does not start
 */
export async function startDynamoDb(options: DynamoDbOptions = {}): Promise<Emulator> {
  const environment = options.environment ?? process.env;
  const endpoint = environment['DYNAMODB_ENDPOINT'];
  if (endpoint) return { endpoint, stop: async () => {} };
  const binary = (options.findPackaged ?? findPackaged)() ?? 'dynoxide';
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const started = await start(binary, port, options, environment);
    if (typeof started !== 'string') return started;
    // The error message of the shell, or of Node.
    if (/exec: .*not found|spawn .*ENOENT/.test(started)) throw new OperatorError(HOW_TO_GET_ONE);
    // Another process may have taken the port since `freePort`.
    const isPortTaken = started.includes('in use');
    if (!isPortTaken || attempt === START_ATTEMPTS)
      throw new OperatorError(`dynoxide did not start: ${started}`);
  }
}

const HOW_TO_GET_ONE =
  'No DynamoDB emulator found: install dynoxide (macOS: `brew install nubo-db/tap/dynoxide`; Windows and others: ' +
  'put the binary from https://github.com/nubo-db/dynoxide/releases on the PATH), ' +
  'or set DYNAMODB_ENDPOINT to a DynamoDB Local.';

function findPackaged(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  try {
    const manifest = createRequire(import.meta.url).resolve('@dynoxide/linux-x64/package.json');
    return join(manifest, '..', 'dynoxide');
  } catch {
    return undefined;
  }
}

/**
 * Kills the emulator when this process dies, even by `kill -9`, which a signal handler would miss. The command starts a
 * background shell and then becomes the emulator. The shell reads from file descriptor 3, a pipe from this process: a
 * line ends the shell, the end of file makes it kill the emulator.
 */
const TIE_TO_PARENT =
  '(read -r line <&3 || kill -9 $$) >/dev/null 2>&1 </dev/null & exec "$@" 3<&- </dev/null';

/** The running emulator, or the last line of its output. */
async function start(
  binary: string,
  port: number,
  options: DynamoDbOptions,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Emulator | string> {
  const file = options.file === undefined ? [] : ['--db-path', options.file];
  const command = [binary, 'serve', '--host', '127.0.0.1', '--port', String(port), ...file];
  const child = spawnTied(command, env);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-2000);
    });
  }
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve();
    });
    child.once('exit', () => resolve());
  });
  const endpoint = `http://127.0.0.1:${port}`;
  // Wait for its "listening" first: another server may answer at the port, and this child is about to fail.
  const isUp = await Promise.race([
    waitUntil(async () => output.includes('listening') && (await answers(endpoint))),
    exited.then(() => false),
  ]);
  const untie = () => {
    const leash = child.stdio[3];
    if (leash && 'end' in leash) leash.end('\n');
  };
  if (!isUp) {
    child.kill('SIGKILL');
    untie();
    return lastLine(output) || 'it exited without output';
  }
  let isStopping = false;
  child.once('exit', (code, signal) => {
    if (!isStopping) options.onExit?.(`dynoxide exited (${signal ?? code}) ${lastLine(output)}`.trim());
  });
  return {
    endpoint,
    stop: async () => {
      isStopping = true;
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 2000);
      await exited;
      clearTimeout(force);
      untie();
    },
  };
}

function spawnTied([binary = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  // Windows has no such shell; an emulator left behind there only occupies a port.
  if (process.platform === 'win32') return spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  return spawn('/bin/sh', ['-c', TIE_TO_PARENT, 'sh', binary, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env,
    // The emulator gets its own process group: Ctrl-C reaches only the runtime, which stops the emulator last.
    detached: true,
  });
}

async function waitUntil(condition: () => Promise<boolean>): Promise<boolean> {
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadlineMs) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

async function answers(endpoint: string): Promise<boolean> {
  const response = await fetch(endpoint, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
  await response?.body?.cancel();
  return response !== undefined;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOn(server, 0);
  await closeServer(server);
  return port;
}

/** The last line that is not about listening: the error message. */
function lastLine(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !line.includes('listening'));
  return lines.at(-1)?.trim() ?? '';
}
