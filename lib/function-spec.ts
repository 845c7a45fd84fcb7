import type { Archive } from './archive.ts';
import type { Attachments } from './attachments.ts';
import type { Desk } from './desk.ts';
import type { Events } from './events.ts';
import type { Exports } from './exports.ts';
import type { HandlerFunction } from './handler-function.ts';
import type { Hooks } from './hooks.ts';
import type { Notifications } from './notifications.ts';
import type { SettingName } from './settings.ts';
import type { Storage } from './storage.ts';
import type { WebSocketGateway } from './web-socket-gateway.ts';
import type { WorkQueue } from './work-queue.ts';

/** The constructs that grant a function its permissions, and set the environment variables that go with them. */
export interface Grantors {
  readonly storage: Storage;
  readonly offlineQueue: WorkQueue;
  readonly fanOutQueue: WorkQueue;
  readonly taskQueue: WorkQueue;
  readonly exports: Exports;
  readonly gateway: WebSocketGateway;
  /** `undefined` in a deployment without a desk. */
  readonly desk: Desk | undefined;
  /** `undefined` in a deployment without events. */
  readonly events: Events | undefined;
  readonly hooks: Hooks;
  /** `undefined` in a deployment without an archive. */
  readonly archive: Archive | undefined;
  /** `undefined` in a deployment without attachments. */
  readonly attachments: Attachments | undefined;
  /** `undefined` in a deployment without notifications. */
  readonly notifications: Notifications | undefined;
}

/** An optional part of a deployment: the option of this name. */
export type PartName = 'desk' | 'events' | 'archive' | 'attachments' | 'attachmentScan' | 'notifications';

/** The records of a table's stream that a function gets. */
export interface StreamSource {
  readonly table: 'messages' | 'conversations';
  /**
   * At most five, joined by "or". Lambda drops the other records before it invokes, and bills nothing for them.
   * docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
   */
  readonly filters: readonly object[];
}

export type QueueName = 'offline' | 'service' | 'fanOut' | 'tasks' | 'desk' | 'notifications';

/** Additional route keys of deployments with these parts. */
export type PartRoutes = Readonly<Partial<Record<PartName, readonly string[]>>>;

/** The caller of a function. */
export type Trigger =
  | { readonly kind: 'authorizer' }
  | { readonly kind: 'webSocket' }
  /** Other services of the account invoke it: `ServerlessIm` has a grant for it. */
  | { readonly kind: 'service' }
  /** GuardDuty, when it has scanned a file. */
  | { readonly kind: 'scan' }
  | {
      readonly kind: 'http';
      /** Route keys. */
      readonly routes: readonly string[];
      readonly partRoutes?: PartRoutes;
    }
  /** Those whom IAM allows it, by route keys: `ServerlessIm` has a grant for it. */
  | { readonly kind: 'admin'; readonly routes: readonly string[]; readonly partRoutes?: PartRoutes }
  | { readonly kind: 'queue'; readonly queue: QueueName }
  | {
      readonly kind: 'stream';
      readonly sources: readonly StreamSource[];
      /** Maximum records of a batch. */
      readonly batchSize: number;
      /** How long a batch is gathered. @default 0 */
      readonly windowSeconds?: number;
      /** Whether a batch is retried for as long as the stream keeps it, and not for half an hour. @default false */
      readonly retriesUntilGone?: boolean;
    };

/** A Lambda function: its trigger, settings, and permissions. */
export interface FunctionSpec {
  /** The optional part of the deployment that it belongs to. @default - part of every deployment */
  readonly part?: PartName;
  /** Path of its module from the package's root, without extension. */
  readonly module: string;
  readonly description: string;
  readonly trigger: Trigger;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  /**
   * Whether it sends to the queue that triggers it. It must limit the loop itself.
   * @default false
   */
  readonly sendsToOwnQueue?: boolean;
  /** Whether its log says who did what: such a log is kept longer. @default false */
  readonly audits?: boolean;
  /** Settings that it gets as environment variables. */
  readonly settings: readonly SettingName[];
  /** Grants its permissions, by exact action. All others are denied (test/infra/permissions.test.ts). */
  readonly grant: (fn: HandlerFunction, to: Grantors) => void;
}
