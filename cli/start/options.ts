import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ParseArgsOptionsConfig } from 'node:util';
import { parseCommand } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import { commandLine } from '../wording.ts';

export const DEFAULT_PORT = 8787;
/** Connection ids have one digit for the node. */
export const MAX_NODES = 9;

export const startHelp = () => `Runs serverless-im on this machine: ${commandLine('start', '[options]')}

  --app [CMD]  run the CDK app with a ServerlessIm that CMD makes, or the one of ./cdk.json (docs/own-app.md)
  --port N     port of the gateway, 0 for any free port (default ${DEFAULT_PORT})
  --web-port N port of the web page, 0 for any free port (default: the gateway's port + 1)
  --origin O   origin of pages of yours: they may ask for tokens, and embed the widget; may be repeated
  --nodes N    gateways and sets of workers, each a process, from 1 to ${MAX_NODES} (default 1)
  --data DIR   folder for messages, queues, and logs (default .local)
  -c KEY=VALUE option of the stack, as with cdk deploy; may be repeated
  --expire-early H   delete what will have expired in H hours already now
  --fresh      start with an empty data folder
  --json       print only one line of JSON to stdout, when ready
  --logs       print function logs
  --trace      print each frame, request, and batch with its AWS calls
  --faults F   delay and fail AWS calls by the rules in file F (docs/faults.md)
  --help       print this help`;

const OPTIONS = {
  app: { type: 'string' },
  port: { type: 'string' },
  'web-port': { type: 'string' },
  nodes: { type: 'string', default: '1' },
  origin: { type: 'string', multiple: true, default: [] },
  data: { type: 'string', default: '.local' },
  context: { type: 'string', short: 'c', multiple: true, default: [] },
  fresh: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  logs: { type: 'boolean', default: false },
  trace: { type: 'boolean', default: false },
  faults: { type: 'string' },
  'expire-early': { type: 'string', default: '0' },
} satisfies ParseArgsOptionsConfig;

export type StartOptions = ReturnType<typeof parseStartOptions>;

/** @throws {UsageError} on invalid arguments */
export function parseStartOptions(args: readonly string[]) {
  const {
    port: portText,
    'web-port': webPortText,
    nodes: nodesText,
    origin: origins,
    'expire-early': expireEarly,
    context: contextLines,
    data: dataDirectory,
    faults,
    app,
    ...flags
  } = parseCommand(withAppCommand(args), OPTIONS).values;
  const port = portOf('--port', portText) ?? DEFAULT_PORT;
  const webPort = portOf('--web-port', webPortText) ?? (port === 0 ? 0 : (port + 1) % 65_536);
  if (dataDirectory === '') throw new UsageError('--data takes a folder.');
  if (faults === '') throw new UsageError('--faults takes a file.');
  if (!/^\d+$/.test(expireEarly))
    throw new UsageError(`--expire-early takes a number of hours, not "${expireEarly}".`);
  const nodes = Number(nodesText);
  if (!/^\d$/.test(nodesText) || nodes < 1 || nodes > MAX_NODES)
    throw new UsageError(`--nodes takes a number from 1 to ${MAX_NODES}, not "${nodesText}".`);
  if (app !== undefined && nodes > 1) throw new UsageError('--app runs on one node: leave --nodes out.');
  return {
    ...(app !== undefined && { app: { directory: process.cwd(), ...(app !== '' && { command: app }) } }),
    port,
    webPort,
    nodes,
    widgetOrigins: origins.map(originOf),
    context: contextOf(contextLines),
    dataDirectory,
    faultsFile: faults,
    expireEarlyHours: Number(expireEarly),
    ...flags,
  };
}

/** `--app` alone is the app of cdk.json. */
function withAppCommand(args: readonly string[]): readonly string[] {
  const hasNone = (index: number) => args[index + 1]?.startsWith('-') ?? true;
  return args.map((arg, index) => (arg === '--app' && hasNone(index) ? '--app=' : arg));
}

/** Options with the path of a module. The app of the installed package runs in another folder than this command. */
const MODULE_OPTIONS = new Set(['beforeSend', 'profileSource']);

function contextOf(lines: readonly string[]): Readonly<Record<string, string>> {
  const pairs = lines.map((line) => {
    const [, key, value] = /^([^=]+)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) throw new UsageError(`-c takes KEY=VALUE, not "${line}".`);
    return [key, MODULE_OPTIONS.has(key) && existsSync(value) ? resolve(value) : value] as const;
  });
  return Object.fromEntries(pairs);
}

/** Servers of pages print their address with a slash at the end. */
function originOf(text: string): string {
  const origin = text.replace(/\/$/, '');
  if (!URL.canParse(origin) || new URL(origin).origin !== origin)
    throw new UsageError(`--origin takes an origin like http://localhost:3000, not "${text}".`);
  return origin;
}

function portOf(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (value.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`${option} takes a number from 0 to 65535, not "${value}".`);
  }
  return port;
}
