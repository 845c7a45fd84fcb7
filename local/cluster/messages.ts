import type { Cluster } from '../gateway/peers.ts';
import type { RuntimeOptions, SharedEndpoints } from '../runtime-options.ts';
import type { Site } from '../serve-stack.ts';

/** The options of a runtime that can be sent to another process. */
export type NodeOptions = Pick<
  RuntimeOptions,
  | 'environment'
  | 'limits'
  | 'accountConcurrency'
  | 'maxInstancesPerFunction'
  | 'maxInstances'
  | 'timeoutFactor'
>;

/** What a node prints itself, since traces and logs are many. */
export interface Printing {
  readonly trace: boolean;
  readonly faultsFile?: string;
  /** Functions' logs. */
  readonly logs: boolean;
  /** Standard output is for one line of JSON: print traces to stderr. */
  readonly json: boolean;
}

export interface NodeSetup {
  readonly cluster: Cluster;
  /** Without the endpoints of the node itself. */
  readonly site: Omit<Site, 'direct'> & { readonly emulators: Omit<SharedEndpoints, 'connections'> };
  readonly options: NodeOptions;
  readonly printing?: Printing;
}

/** From the supervisor to a node: first where to listen, then what to serve. */
export type ToNode =
  | { readonly kind: 'listen'; readonly port: number; readonly limits?: NodeOptions['limits'] }
  | { readonly kind: 'serve'; readonly setup: NodeSetup }
  | { readonly kind: 'stop' };

/** From a node to the supervisor. `lambdaPort` is that of its Invoke API. */
export type FromNode =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'serving'; readonly lambdaPort: number }
  | { readonly kind: 'sockets'; readonly open: number }
  | { readonly kind: 'warning'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };
