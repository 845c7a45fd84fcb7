import type { InvocationObserver, LogEvent } from './functions/worker-pool.ts';
import type { GatewayLimits } from './gateway/limits.ts';
import type { StackModel } from './model.ts';

/** Base URLs without a trailing slash. */
export interface Endpoints {
  readonly dynamodb: string;
  readonly sqs: string;
  /** The gateway, for functions: `@connections` lives below it. */
  readonly connections: string;
}

/** What an AWS proxy puts in their place. */
export interface ProxiedEndpoints extends Endpoints {
  /** Is told who runs what, so that it knows who calls. */
  readonly observer?: InvocationObserver;
  /** Is told what will run before it does, and where to say what an operator should know. */
  readonly enforceRoles?: (stack: StackModel, warn: (message: string) => void) => void;
  /** Called when no function runs any more. */
  readonly close?: () => Promise<void>;
}

export interface RuntimeOptions {
  /** @default 0 - any free port */
  readonly port?: number;
  /** Serves the web page there, 0 for any free port; built first if that is due. @default - no web page */
  readonly webPort?: number;
  /** Everything is kept there and survives a restart. @default - in memory, gone with the runtime */
  readonly dataDirectory?: string;
  /** Wipes what an earlier runtime left in the data folder. */
  readonly fresh?: boolean;
  /**
   * A cloud assembly made by `synthesize` (with any port in mind: it holds none), so that many runtimes share one.
   * @default - the app is synthesized
   */
  readonly cdkOut?: string;
  /** CDK context over the runtime's own; not together with `cdkOut`. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Variables for all functions, over the template's: for tests that need another lease or origin. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly limits?: Partial<GatewayLimits>;
  /** @default 8 */
  readonly maxInstancesPerFunction?: number;
  /** Of all functions together. @default 24 */
  readonly maxInstances?: number;
  /** See `EventSourceOptions`; with a data folder at least 1. */
  readonly returnFailedAfterSeconds?: number;
  /**
   * Puts an AWS proxy between the functions (and the queue's pollers) and everything they call: gets the true
   * endpoints, returns those to use.
   */
  readonly awsProxy?: (direct: Endpoints) => ProxiedEndpoints | Promise<ProxiedEndpoints>;
  /** What functions write, piece by piece. */
  readonly onLog?: (event: LogEvent) => void;
  /** What functions write, line by line. */
  readonly onLogLine?: (functionId: string, line: string) => void;
  /** One line each: what can't be run, what an API Gateway would log. @default - to stderr */
  readonly onWarning?: (message: string) => void;
  /** An emulator ended by itself; nothing works any more. @default onWarning */
  readonly onFailure?: (message: string) => void;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
}
