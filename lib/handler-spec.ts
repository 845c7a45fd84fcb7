import type { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Desk } from './desk.ts';
import type { HandlerFunction } from './handler-function.ts';
import type { SettingName } from './settings.ts';
import type { Storage } from './storage.ts';
import type { WebSocketGateway } from './web-socket-gateway.ts';
import type { WorkQueue } from './work-queue.ts';

/** Who can grant something to a handler. A grant is a permission and the variable that goes with it. */
export interface Grantors {
  readonly storage: Storage;
  readonly queue: WorkQueue;
  readonly fanOut: WorkQueue;
  readonly gateway: WebSocketGateway;
  /** `undefined`: left out of this deployment. */
  readonly desk: Desk | undefined;
}

export type QueueName = 'offline' | 'service' | 'fanOut' | 'desk';

/** What calls a handler. */
export type Trigger =
  | { readonly kind: 'authorizer' | 'connect' | 'disconnect' }
  | { readonly kind: 'queue'; readonly queue: QueueName }
  | { readonly kind: 'action'; readonly routeKey: string }
  | { readonly kind: 'http'; readonly method: HttpMethod; readonly path: string };

/** One Lambda function: what calls it, and all that it may know and do. */
export interface HandlerSpec {
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
