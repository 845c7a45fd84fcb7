import { constants } from 'node:os';
import { announceReady } from '../../local/data-directory.ts';
import { OperatorError } from '../../local/operator-error.ts';
import type { RuntimeOptions } from '../../local/runtime-options.ts';
import type { Command } from '../command.ts';
import { createProgress, type Progress } from '../progress.ts';
import { type Announced, banner, readyFacts, readyLine } from './banner.ts';
import { parseStartOptions, type StartOptions, startHelp } from './options.ts';
import { refuseUnknownOptions } from './unknown-options.ts';

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';
const SIGNALS: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** DynamoDB takes up to days; nobody at a terminal waits for that. */
const EXPIRY_SECONDS = 60;

/** Notifications are on, with keys of the data folder; `-c webPushSubject=` turns them off. */
const NOTIFICATIONS = { webPushSubject: 'mailto:you@example.com', notificationText: 'preview' };

/** Runs the stack on this machine until a signal arrives. */
export const start: Command = {
  help: startHelp,
  async run(args) {
    const options = parseStartOptions(args);
    // The data files hold messages and the issuer's key: nobody else on this machine may read them.
    process.umask(0o077);
    // Lambda runs in UTC, and worker threads share the time zone of the process.
    process.env['TZ'] = 'UTC';
    await run(options);
  },
};

async function run(options: StartOptions): Promise<void> {
  const ending = new AbortController();
  const ended = Promise.withResolvers<Ending>();
  const end = (reason: Ending) => {
    ended.resolve(reason);
    ending.abort();
  };
  const progress = createProgress({ quiet: options.json, keepsSteps: true, handlesSignals: true });
  listenToSignals((signal) => {
    progress.step('stopping', new Promise(() => {}));
    end({ status: 128 + constants.signals[signal] });
  });

  let runtime: Running;
  try {
    const common = {
      port: options.port,
      webPort: options.webPort,
      widgetOrigins: options.widgetOrigins,
      ...(options.app && { app: options.app }),
      context: options.app ? options.context : { ...NOTIFICATIONS, ...options.context },
      dataDirectory: options.dataDirectory,
      fresh: options.fresh,
      expiry: { everySeconds: EXPIRY_SECONDS, aheadSeconds: options.expireEarlyHours * 3_600 },
      signal: ending.signal,
      onStep: (title: string, done: Promise<unknown>) => progress.step(title, done),
      onWarning: (message: string) => console.error(`serverless-im: ${message}`),
      onFailure: (message: string) => end({ status: 1, message }),
    };
    runtime = await (options.nodes === 1 ? startOne : startNodes)(options, common, progress);
  } catch (error) {
    if (ending.signal.aborted) return exit(await ended.promise);
    await refuseUnknownOptions(options);
    throw error;
  } finally {
    progress.end();
  }
  announceRunning(options, runtime);
  console.log(options.json ? readyLine(runtime) : banner(runtime, options));
  runtime.show?.();
  const reason = await ended.promise;
  await runtime.stop();
  progress.end();
  if (reason.message === undefined && !options.json)
    console.log(`Stopped; the data stays in ${options.dataDirectory}.`);
  exit(reason);
}

interface Running extends Announced {
  /** Starts to print what the options ask for. */
  readonly show?: () => void;
  stop(): Promise<void>;
}

async function startOne(options: StartOptions, common: RuntimeOptions, progress: Progress): Promise<Running> {
  const proxy = await openProxy(options);
  // Imported late so that --help and option errors answer at once.
  const loading = import('../../local/runtime.ts');
  progress.step('the runtime', loading);
  const { startRuntime } = await loading;
  const runtime = await startRuntime({
    ...common,
    awsProxy: proxy.attach,
    ...(options.logs && { onLogLine: (functionId, line) => console.error(`[${functionId}] ${line}`) }),
  });
  return { ...runtime, show: () => proxy.show(runtime) };
}

async function startNodes(
  options: StartOptions,
  common: RuntimeOptions,
  progress: Progress,
): Promise<Running> {
  const { nodes, trace, faultsFile, logs, json } = options;
  if (faultsFile !== undefined) {
    const { readFaults } = await import('../../local/aws-proxy/fault-file.ts');
    if (readFaults(faultsFile).staleReads !== undefined)
      throw new OperatorError(
        'staleReads in --faults needs --nodes 1: each node would see only its own writes late.',
      );
  }
  const loading = import('../../local/cluster/cluster.ts');
  progress.step('the runtime', loading);
  const { startCluster } = await loading;
  const printing = { trace, logs, json, ...(faultsFile !== undefined && { faultsFile }) };
  let announce = () => {};
  const onNotice = (message: string) => {
    common.onWarning?.(message);
    announce();
  };
  const cluster = await startCluster({ ...common, nodes, printing, onNotice });
  const running = () => ({ ...cluster, nodes: cluster.nodes() });
  // A node that has died, or is back, has another process.
  announce = () => announceRunning(options, running());
  return running();
}

function announceRunning(
  { dataDirectory }: StartOptions,
  runtime: Announced & { readonly port: number },
): void {
  announceReady(dataDirectory, { port: runtime.port, ...readyFacts(runtime) });
}

/** It counts for `npm run admin -- top`, and refuses what a function's role does not allow. */
async function openProxy({ trace, faultsFile, json }: StartOptions) {
  const { createTerminalProxy } = await import('../../local/aws-proxy/terminal.ts');
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

/** One Ctrl-C arrives twice: the terminal signals the whole process group, and npm forwards it. */
const SAME_PRESS_MS = 300;

/** The first signal shuts down gracefully, the second at once. The emulator ends with this process either way. */
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

/** Exits with 0 after Ctrl-C, the normal way to stop: otherwise npm would print an error. */
function exit({ status, message }: Ending): never {
  if (message !== undefined) console.error(`serverless-im: ${message}`);
  process.exit(message === undefined ? 0 : status);
}
