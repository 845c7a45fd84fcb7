/**
 * The synthesized stack as the local runtime sees it. `stack/` reads it from the CloudFormation template; the gateway,
 * the worker pool, and the event sources run it. Nothing about the stack is declared twice. Logical ids are the
 * template's; all intrinsics are resolved.
 */
export interface StackModel {
  readonly functions: readonly FunctionModel[];
  readonly tables: readonly TableModel[];
  readonly queues: readonly QueueModel[];
  readonly topics: readonly TopicModel[];
  readonly buckets: readonly BucketModel[];
  readonly scans: readonly ScanModel[];
  readonly eventSources: readonly EventSourceModel[];
  readonly streamSources: readonly StreamSourceModel[];
  readonly webSocketApis: readonly WebSocketApiModel[];
  readonly httpApis: readonly HttpApiModel[];
  /** Each has a port of its own, since the chat has the gateway's. */
  readonly otherApis: readonly OtherApi[];
  /** Of the parameter store, by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What the chats of the app want of tokens. */
  readonly tokens: readonly TokenModel[];
  /** Stack outputs by name, resolved. */
  readonly outputs: Readonly<Record<string, string>>;
  /** One line for each template resource that this runtime does not run. */
  readonly warnings: readonly string[];
}

/** A name of the operator's for a stage of an API, at whose root the stage is. */
export interface ApiDomainModel {
  readonly name: string;
  readonly apiId: string;
  readonly stage: string;
}

export type OtherApi = WebSocketApiModel | HttpApiModel;

export interface TokenModel {
  /** Accepted ones, separated by commas. */
  readonly audience: string;
  readonly userIdClaim: string;
  readonly rolesClaim: string;
}

export interface FunctionModel {
  readonly logicalId: string;
  readonly name: string;
  /** Folder of the bundle: the asset that `cdk deploy` uploads. */
  readonly codeDirectory: string;
  /** Folders of its layers, which Lambda has at `/opt`. @default [] */
  readonly layerDirectories?: readonly string[];
  /** `index.handler`: file name without extension, then the export. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly reservedConcurrency?: number;
  /** Permissions of its role. @default - unknown */
  readonly permissions?: readonly Permission[];
}

/** A policy statement; both fields may contain `*`. */
export interface Permission {
  /** `dynamodb:PutItem` */
  readonly actions: readonly string[];
  /** ARNs. */
  readonly resources: readonly string[];
}

export interface TableModel {
  readonly logicalId: string;
  readonly tableName: string;
  /** `CreateTableCommandInput` without the name. */
  readonly definition: Readonly<Record<string, unknown>>;
  readonly ttlAttribute?: string;
  /** Of the table's stream. @default - no stream */
  readonly streamViewType?: StreamViewType;
}

export type StreamViewType = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';

export interface QueueModel {
  readonly logicalId: string;
  readonly queueName: string;
  /** Attributes of `CreateQueue` (`VisibilityTimeout`, `RedrivePolicy`, …), as strings. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface TopicModel {
  readonly logicalId: string;
  readonly topicName: string;
  readonly subscriptions: readonly SubscriptionModel[];
}

/** A queue that gets what a topic publishes. */
export interface SubscriptionModel {
  readonly queueArn: string;
  /** Attributes of `Subscribe` (`RawMessageDelivery`, `FilterPolicy`, …), as strings. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface BucketModel {
  readonly logicalId: string;
  readonly bucketName: string;
  /** The first that fits counts. */
  readonly cors: readonly CorsRule[];
  readonly expiry: readonly ExpiryRule[];
}

/** For pages that read and write a bucket's objects. */
export interface CorsRule {
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly maxAgeSeconds?: number;
}

/** A plan of GuardDuty for a bucket, and who gets its results. */
export interface ScanModel {
  readonly bucketName: string;
  readonly prefixes: readonly string[];
  readonly functionId: string;
}

/** Objects whose keys begin so are deleted after some days. */
export interface ExpiryRule {
  readonly prefix: string;
  readonly days: number;
}

/** An SQS event source mapping. */
export interface EventSourceModel {
  readonly logicalId: string;
  readonly functionId: string;
  readonly queueName: string;
  readonly batchSize: number;
  readonly maximumConcurrency: number;
  /** Visibility time-out of the queue: as long as this a throttled batch is tried again. */
  readonly visibilitySeconds: number;
  readonly reportBatchItemFailures: boolean;
  /** The queue stands between a topic and the function, which gets SNS's events. @default false */
  readonly relaysTopic?: boolean;
}

/** An event source mapping of a table's stream. */
export interface StreamSourceModel {
  readonly logicalId: string;
  readonly functionId: string;
  readonly functionName: string;
  readonly table: TableModel;
  readonly batchSize: number;
  /** How long a batch is gathered. */
  readonly windowSeconds: number;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  /** Batches of a shard at a time, with one partition key in one of them. */
  readonly parallelizationFactor: number;
  /** A record passes if it matches one of these patterns. @default - all records pass */
  readonly filters: readonly unknown[];
  readonly reportBatchItemFailures: boolean;
  readonly bisects: boolean;
  /** Infinity: until the record is too old. */
  readonly maximumRetryAttempts: number;
  /** No more than the 24 hours for which a stream keeps its records. */
  readonly maximumRecordAgeSeconds: number;
  /** Gets a message about each batch that is given up. */
  readonly failureQueueName?: string;
}

export interface WebSocketApiModel {
  /** For people. @default - its logical id */
  readonly name: string;
  readonly apiId: string;
  readonly stage: string;
  /** `$request.body.action` */
  readonly routeSelectionExpression: string;
  readonly routes: readonly WebSocketRouteModel[];
  /** Of the stage, if the template sets one. */
  readonly throttle?: ThrottleModel;
  /** Of single routes, by route key. */
  readonly routeThrottles?: Readonly<Record<string, ThrottleModel>>;
}

/** A token bucket: requests a second, and at once. */
export interface ThrottleModel {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

export interface WebSocketRouteModel {
  readonly routeKey: string;
  readonly functionId: string;
  /** True if the template has both the response selection expression and a `$default` route response. */
  readonly hasResponse: boolean;
  /** Decides on each connection. */
  readonly authorizerId?: string;
}

export interface HttpApiModel {
  /** For people. @default - its logical id */
  readonly name: string;
  readonly apiId: string;
  /** `$default` is served at the root path. */
  readonly stage: string;
  readonly cors?: CorsModel;
  readonly routes: readonly HttpRouteModel[];
  /** Of the stage, if the template sets one. */
  readonly throttle?: ThrottleModel;
  /** Of single routes, by route key. */
  readonly routeThrottles?: Readonly<Record<string, ThrottleModel>>;
}

export interface CorsModel {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly maxAgeSeconds?: number;
}

export interface HttpRouteModel {
  /** `GET`, `ANY`, or `$default`. */
  readonly method: string;
  /** `/conversations/{conversationId}/messages`; undefined for `$default`, which takes what no other route does. */
  readonly path?: string;
  readonly functionId: string;
  readonly authorizer?: JwtAuthorizerModel;
  /** Takes only requests that an IAM principal has signed. @default false */
  readonly requiresIam?: boolean;
}

export interface JwtAuthorizerModel {
  readonly issuer: string;
  readonly audience: readonly string[];
  /** `$request.header.Authorization` */
  readonly identitySource: readonly string[];
}

/** Runs functions for the gateway, the HTTP API, and the event sources, as Lambda's Invoke does. */
export interface Invoker {
  invoke(functionId: string, event: unknown): Promise<InvokeResult>;
}

/** `ok: false` for a handler that throws, a timeout, a killed worker, and an invocation that is throttled. */
export type InvokeResult =
  | { readonly ok: true; readonly payload: unknown }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string };
