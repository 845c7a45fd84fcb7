import { constants } from 'node:os';
import { banner, readyLine } from './banner.ts';
import { type CliOptions, HELP, parseCliOptions } from './cli-options.ts';
import { OperatorError } from './operator-error.ts';
import type { LocalRuntime } from './runtime.ts';

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';
const SIGNALS: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs until a signal comes; a fault of the operator is one line on stderr and status 1. */
export async function main(args: readonly string[]): Promise<void> {
  try {
    const options = parseCliOptions(args);
    if (options.help) console.log(HELP);
    else await run(options);
  } catch (error) {
    const isOperators = error instanceof OperatorError;
    console.error(isOperators ? `serverless-im: ${error.message}` : error);
    process.exit(1);
  }
}

async function run(options: CliOptions): Promise<void> {
  const ending = new AbortController();
  const ended = Promise.withResolvers<Ending>();
  const end = (ending_: Ending) => {
    ended.resolve(ending_);
    ending.abort();
  };
  listenToSignals((signal) => end({ status: 128 + constants.signals[signal] }));

  const proxy = await openProxy(options);
  // Only now: a mistyped option or --help needn't wait for it.
  const { startRuntime } = await import('./runtime.ts');
  let runtime: LocalRuntime;
  try {
    runtime = await startRuntime({
      port: options.port,
      webPort: options.webPort,
      dataDirectory: options.dataDirectory,
      fresh: options.fresh,
      signal: ending.signal,
      onWarning: (message) => console.error(`serverless-im: ${message}`),
      onFailure: (message) => end({ status: 1, message }),
      ...(proxy && { awsProxy: proxy.attach }),
      ...(options.logs && { onLogLine: (functionId, line) => console.error(`[${functionId}] ${line}`) }),
    });
  } catch (error) {
    if (!ending.signal.aborted) throw error;
    return exit(await ended.promise);
  }
  console.log(options.json ? readyLine(runtime) : banner(runtime, options));
  proxy?.show(runtime);
  const reason = await ended.promise;
  await runtime.stop();
  exit(reason);
}

/** Between functions and AWS stands something only if somebody wants to see or to break what they say. */
async function openProxy({ trace, faultsFile, json }: CliOptions) {
  if (!trace && faultsFile === undefined) return undefined;
  const { createTerminalProxy } = await import('./aws-proxy/terminal.ts');
  return createTerminalProxy({
    trace,
    ...(faultsFile !== undefined && { faultsFile }),
    output: json ? process.stderr : process.stdout,
    warn: (message) => console.error(`serverless-im: ${message}`),
  });
}

interface Ending {
  readonly status: number;
  readonly message?: string;
}

/** npm passes on the Ctrl-C that the terminal has sent to everybody already: one press, two signals. */
const SAME_PRESS_MS = 300;

/** The first signal stops in order; the second doesn't wait. The emulator dies with this process either way. */
function listenToSignals(onSignal: (signal: Signal) => void): void {
  let firstAtMs: number | undefined;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (firstAtMs === undefined) {
        firstAtMs = Date.now();
        onSignal(signal);
      } else if (Date.now() - firstAtMs > SAME_PRESS_MS) {
        process.exit(128 + constants.signals[signal]);
      }
    });
  }
}

/** Stopped with Ctrl-C is how this is meant to end, and no failure for npm to complain about. */
function exit({ status, message }: Ending): never {
  if (message !== undefined) console.error(`serverless-im: ${message}`);
  process.exit(message === undefined ? 0 : status);
}
