import type { Desk } from './desk.ts';
import type { HandlerFunction } from './handler-function.ts';
import type { SettingName } from './settings.ts';
import type { Storage } from './storage.ts';
import type { WebSocketGateway } from './web-socket-gateway.ts';
import type { WorkQueue } from './work-queue.ts';

/** What can be granted to a function. A grant is a permission and the variable that goes with it. */
export interface Grantors {
  readonly storage: Storage;
  readonly offlineQueue: WorkQueue;
  readonly fanOutQueue: WorkQueue;
  readonly gateway: WebSocketGateway;
  /** `undefined`: left out of this deployment. */
  readonly desk: Desk | undefined;
}

export type QueueName = 'offline' | 'service' | 'fanOut' | 'desk';

/** What calls a function. */
export type Trigger =
  | { readonly kind: 'authorizer' }
  | { readonly kind: 'webSocket' }
  | {
      readonly kind: 'http';
      /** Route keys. */
      readonly routes: readonly string[];
      /** Those that only a deployment with a desk has. @default - none */
      readonly deskRoutes?: readonly string[];
    }
  | { readonly kind: 'queue'; readonly queue: QueueName };

/** One Lambda function: what calls it, and all that it may know and do. */
export interface FunctionSpec {
  /** What it is left out with. @default - always there */
  readonly part?: 'desk';
  /** Its module without ending, from the package's root. */
  readonly module: string;
  readonly description: string;
  readonly trigger: Trigger;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  /**
   * Set if it writes to the queue that calls it, in a loop that it bounds by itself.
   * @default false
   */
  readonly feedsItself?: boolean;
  /** Plain values that it gets by environment. */
  readonly settings: readonly SettingName[];
  /** What it may touch, by exact action; what isn't here is denied (test/infra/permissions.test.ts). */
  readonly grant: (fn: HandlerFunction, to: Grantors) => void;
}
