import type { Call } from './aws-proxy/call.ts';
import type { Invocation } from './aws-proxy/invocations.ts';
import type { StoredObject } from './functions/malware-scanner.ts';
import type { EarlierRelease } from './functions/releases.ts';
import type { ClockOffset, InvocationObserver, LogEvent } from './functions/worker-pool.ts';
import type { GatewayLimits } from './gateway/limits.ts';
import type { StackModel, TableModel } from './model.ts';
import type { OwnApp } from './stack/own-app.ts';

/** Base URLs without a trailing slash. */
export interface Endpoints {
  readonly dynamodb: string;
  readonly sqs: string;
  readonly sns: string;
  readonly s3: string;
  readonly ssm: string;
  /** The gateway's `@connections` API, for functions. */
  readonly connections: string;
  /** Lambda's Invoke for the functions of the stack. */
  readonly lambda: string;
}

/** The endpoints that are there before the workers. */
export type SharedEndpoints = Omit<Endpoints, 'lambda'>;

/** The endpoints of an AWS proxy. */
export interface ProxiedEndpoints extends Endpoints {
  /** Notified of invocations, so that the proxy can attribute calls to them. */
  readonly observer?: InvocationObserver;
  /** Called before any function runs: denies calls that a function's role does not allow, and lets pages into buckets as their CORS says. */
  readonly serveStack?: (stack: StackModel, warn: (message: string) => void) => void;
  /** Called when the tables exist, before any function runs. */
  readonly openTables?: (tables: readonly TableModel[]) => Promise<void>;
  /** Called with each object that a page stores by a form. */
  readonly onStored?: (listener: (object: StoredObject) => void) => void;
  /** The kept invocations in order of start, with their calls. */
  readonly invocations?: () => readonly Invocation[];
  /** The kept calls of browsers, by links and forms. */
  readonly visits?: () => readonly Call[];
  /** Called after the last function has ended. */
  readonly close?: () => Promise<void>;
}

export interface RuntimeOptions {
  /** @default 0 - any free port */
  readonly port?: number;
  /** Port of the web page, 0 for any free port; the page is rebuilt if outdated. @default - no web page */
  readonly webPort?: number;
  /** Origins whose pages may embed the web page's widget. @default [] - only the page's own */
  readonly widgetOrigins?: readonly string[];
  /** Keeps all data across restarts. @default - in memory */
  readonly dataDirectory?: string;
  /** Deletes the files of an earlier runtime in the data folder. */
  readonly fresh?: boolean;
  /**
   * A cloud assembly made by `synthesize`. It contains no port, so several runtimes can share it.
   * @default - the app is synthesized
   */
  readonly cdkOut?: string;
  /** A CDK app with a `ServerlessIm` in it, which runs with what else it has. @default - the chat alone */
  readonly app?: OwnApp;
  /** For tests: an earlier release whose functions run beside this one's. @default - none */
  readonly earlier?: EarlierRelease;
  /** CDK context that overrides the runtime's own. Ignored with `cdkOut`. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Overrides the template's variables in all functions: for tests that need another lease or origin. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly limits?: Partial<GatewayLimits>;
  /** How often what has expired is deleted, and how far the clock that decides is ahead. @default - only by `expireItems` */
  readonly expiry?: { readonly everySeconds: number; readonly aheadSeconds: number };
  /** See `WorkerPoolOptions`. @default 1,000 */
  readonly accountConcurrency?: number;
  /** @default 8 */
  readonly maxInstancesPerFunction?: number;
  /** Limit for all functions together. @default 24 */
  readonly maxInstances?: number;
  /** How many times as long as on AWS a function may take: a busy machine is slower. @default 1 */
  readonly timeoutFactor?: number;
  /** Sets the clocks of the functions' instances apart. */
  readonly clockOffsetMs?: ClockOffset;
  /**
   * Puts an AWS proxy between callers (functions and event sources) and AWS: takes the real endpoints, returns those
   * to use.
   */
  readonly awsProxy?: (direct: Endpoints) => ProxiedEndpoints | Promise<ProxiedEndpoints>;
  /** Receives function output in chunks. */
  readonly onLog?: (event: LogEvent) => void;
  /** Receives function output in lines. */
  readonly onLogLine?: (functionId: string, line: string) => void;
  /** Receives one line per warning: unsupported resources, errors that API Gateway would log. @default - stderr */
  readonly onWarning?: (message: string) => void;
  /** Called when an emulator has died and nothing works any more. @default onWarning */
  readonly onFailure?: (message: string) => void;
  /** Told when a step of the start begins, and, by the promise, when it ends. @default - nobody is told */
  readonly onStep?: (title: string, done: Promise<unknown>) => void;
  /** Aborts the start. */
  readonly signal?: AbortSignal;
}
