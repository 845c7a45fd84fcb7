import { createServer } from 'node:http';
import { closeServer, listenOn } from '../listening.ts';
import { OperatorError } from '../operator-error.ts';
import { type BinarySearch, findBinary } from './dynoxide-binary.ts';
import type { Emulator, EmulatorEvents } from './emulator.ts';
import { spawnTied } from './tied.ts';

export interface DynamoDbOptions extends EmulatorEvents, Partial<BinarySearch> {
  /** SQLite file. @default - in memory */
  readonly file?: string;
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
  const binary = await findBinary({ ...options, environment });
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const started = await start(binary, port, options, environment);
    if (typeof started !== 'string') return started;
    // Another process may have taken the port since `freePort`.
    const isPortTaken = started.includes('in use');
    if (!isPortTaken || attempt === START_ATTEMPTS)
      throw new OperatorError(`dynoxide did not start: ${started}`);
  }
}

/** The running emulator, or the last line of its output. */
async function start(
  binary: string,
  port: number,
  options: DynamoDbOptions,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Emulator | string> {
  const file = options.file === undefined ? [] : ['--db-path', options.file];
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port), ...file];
  const { child, kill, untie } = spawnTied(binary, args, env, options.machine?.platform);
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
  if (!isUp) {
    kill('SIGKILL');
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
      kill('SIGTERM');
      const force = setTimeout(() => kill('SIGKILL'), 2000);
      await exited;
      clearTimeout(force);
      untie();
    },
  };
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
