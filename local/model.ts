/**
 * What the one-machine runtime knows of a synthesized stack. `local/` reads it from the CloudFormation template
 * (`stack-loader`) and runs it (`gateway`, `http-api`, `worker-pool`, `event-sources`); nothing about the stack
 * is written a second time. Logical ids are the template's; every intrinsic is resolved.
 */
export interface StackModel {
  readonly functions: readonly FunctionModel[];
  readonly tables: readonly TableModel[];
  readonly queues: readonly QueueModel[];
  readonly eventSources: readonly EventSourceModel[];
  readonly webSocketApis: readonly WebSocketApiModel[];
  readonly httpApis: readonly HttpApiModel[];
  /** Stack outputs by name, resolved. */
  readonly outputs: Readonly<Record<string, string>>;
  /** One clear line for each template resource that this runtime does not run. */
  readonly warnings: readonly string[];
}

export interface FunctionModel {
  readonly logicalId: string;
  /** Folder of the bundle: the asset that `cdk deploy` would upload. */
  readonly codeDirectory: string;
  /** `index.handler`: file without ending, then the export. */
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly reservedConcurrency?: number;
  /** What its role allows. @default - nobody knows */
  readonly permissions?: readonly Permission[];
}

/** A statement of a policy; both may hold `*`. */
export interface Permission {
  /** `dynamodb:PutItem` */
  readonly actions: readonly string[];
  /** ARNs. */
  readonly resources: readonly string[];
}

export interface TableModel {
  readonly logicalId: string;
  readonly tableName: string;
  /** `CreateTableCommandInput` but for the name: the template's properties, in the API's own shape. */
  readonly definition: Readonly<Record<string, unknown>>;
  readonly ttlAttribute?: string;
}

export interface QueueModel {
  readonly logicalId: string;
  readonly queueName: string;
  /** Attributes of `CreateQueue` (`VisibilityTimeout`, `RedrivePolicy`, …), as strings. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** An SQS event source mapping. */
export interface EventSourceModel {
  readonly logicalId: string;
  readonly functionId: string;
  readonly queueName: string;
  readonly batchSize: number;
  readonly maximumConcurrency: number;
  readonly reportBatchItemFailures: boolean;
}

export interface WebSocketApiModel {
  readonly apiId: string;
  readonly stage: string;
  /** `$request.body.action` */
  readonly routeSelectionExpression: string;
  readonly routes: readonly WebSocketRouteModel[];
}

export interface WebSocketRouteModel {
  readonly routeKey: string;
  readonly functionId: string;
  /** True if the template has both the response selection expression and a `$default` route response. */
  readonly hasResponse: boolean;
  /** Asked about each connection. */
  readonly authorizerId?: string;
}

export interface HttpApiModel {
  readonly apiId: string;
  /** `$default` lives at the root. */
  readonly stage: string;
  readonly cors?: CorsModel;
  readonly routes: readonly HttpRouteModel[];
}

export interface CorsModel {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly maxAgeSeconds?: number;
}

export interface HttpRouteModel {
  readonly method: string;
  /** `/conversations/{conversationId}/messages` */
  readonly path: string;
  readonly functionId: string;
  readonly authorizer?: JwtAuthorizerModel;
}

export interface JwtAuthorizerModel {
  readonly issuer: string;
  readonly audience: readonly string[];
  /** `$request.header.Authorization` */
  readonly identitySource: readonly string[];
}

/** How the gateway, the HTTP API, and the event sources run a function; as Lambda's Invoke does. */
export interface Invoker {
  invoke(functionId: string, event: unknown): Promise<InvokeResult>;
}

/** A handler that throws, a time-out, and a killed worker are all `ok: false`. */
export type InvokeResult =
  | { readonly ok: true; readonly payload: unknown }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string };
