import { Lazy } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { DATA_VERSION } from '../lambdas/shared/data-version.ts';
import { ENV } from '../lambdas/shared/env-names.ts';
import { FAN_OUT_WORKERS } from '../lambdas/shared/fan-out-rate.ts';
import { TASK_WORKERS } from '../lambdas/shared/task-rate.ts';
import { ACTIONS, type Action } from '../protocol/actions.ts';
import { Archive } from './archive.ts';
import { AttachmentScan } from './attachment-scan.ts';
import { Attachments } from './attachments.ts';
import { boundRoles } from './bound-roles.ts';
import { bundlesOf } from './bundling/handler-bundles.ts';
import { Dashboard } from './dashboard.ts';
import { Desk } from './desk.ts';
import { letLogsUse } from './encryption.ts';
import { Events } from './events.ts';
import { Exports } from './exports.ts';
import type { FunctionSpec, PartName, QueueName, Trigger } from './function-spec.ts';
import { FUNCTIONS, type FunctionName, type Functions, functionNames } from './functions.ts';
import { HandlerFunction } from './handler-function.ts';
import { Hooks } from './hooks.ts';
import { HttpGateway } from './http-gateway.ts';
import { Identity } from './identity.ts';
import { Notifications } from './notifications.ts';
import { Observability } from './observability.ts';
import { fillOptions } from './options.ts';
import type { ServerlessImOptions, ServerlessImProps } from './props.ts';
import { isHttpRoute } from './route-throttles.ts';
import { type Settings, settingsOf } from './settings.ts';
import { Storage } from './storage.ts';
import { StreamConsumer } from './stream-consumer.ts';
import { WebPage } from './web-page.ts';
import { WebSocketGateway } from './web-socket-gateway.ts';
import { type ConsumeOptions, WorkQueue } from './work-queue.ts';

/**
 * Instant messaging for any CDK app. Clients connect to `webSocket.url` and `http.url`, and follow docs/protocol.md.
 * Other functions of the app can be granted the same access as the construct's own functions.
 *
 * @example
 * const chat = new ServerlessIm(this, 'Chat', { issuer: 'https://login.example.com', audience: 'chat' });
 * chat.storage.messages.grantQueryBySeq(exportFunction);
 * new CfnOutput(this, 'ChatUrl', { value: chat.webSocket.url });
 */
export class ServerlessIm extends Construct {
  /**
   * The version of what this release stores in tables, queues, and buckets (docs/upgrading.md).
   * @example new CfnOutput(this, 'DataVersion', { value: String(chat.dataVersion) });
   */
  readonly dataVersion: number = DATA_VERSION;
  /** The issuer of accepted tokens, and the user pool if one was created. */
  readonly identity: Identity;
  /** The tables. */
  readonly storage: Storage;
  /** Jobs that store references to messages in inboxes, repeat posts, and push inboxes to new plain sessions. */
  readonly offlineQueue: WorkQueue;
  /** Messages to large groups, for the fan-out workers. */
  readonly fanOutQueue: WorkQueue;
  /** The tasks of operators: erasures and exports. */
  readonly taskQueue: WorkQueue;
  /** Messages of other services of the account (docs/protocol.md). Allow senders by `grantSendMessages`. */
  readonly serviceQueue: WorkQueue;
  /** The WebSocket API. */
  readonly webSocket: WebSocketGateway;
  /** The HTTP API. */
  readonly http: HttpGateway;
  /** The bucket of the exports of users' data. */
  readonly exports: Exports;
  /** The customer-service desk; `undefined` with `desk: false`. */
  readonly desk: Desk | undefined;
  /** The topic of events, and grants for it; `undefined` without `events: true`. */
  readonly events: Events | undefined;
  /** The bucket of expired messages; `undefined` without `archive: true`. */
  readonly archive: Archive | undefined;
  /** The bucket of files in messages; `undefined` with `attachments: false`. */
  readonly attachments: Attachments | undefined;
  /** The queue of notifications; `undefined` without the option `notifications`. */
  readonly notifications: Notifications | undefined;
  /** The Lambda functions by name. @example chat.functions.socket.metricThrottles() */
  readonly functions: Functions;
  /** The functions that read the streams of tables, by name, with their failure queues. */
  readonly streams: Readonly<Partial<Record<FunctionName, StreamConsumer>>>;
  /** The alarms. */
  readonly observability: Observability;
  /** The CloudWatch dashboard; `undefined` without `dashboard: true`. */
  readonly dashboard: Dashboard | undefined;
  /** The web page; `undefined` without `webPage: true`. */
  readonly webPage: WebPage | undefined;

  /** @throws {InvalidOptionsError} listing every fault of the props */
  constructor(scope: Construct, id: string, props: ServerlessImProps = {}) {
    super(scope, id);
    const options = fillOptions(props);
    const { encryptionKey } = options;
    if (encryptionKey !== undefined) letLogsUse(encryptionKey, this);
    // Lazy, since sign-in and page refer to each other.
    const pageUrl = Lazy.string({ produce: () => this.webPage?.url });
    const webPage = options.webPage && { ...options.webPage, url: pageUrl };
    this.identity = new Identity(this, 'Identity', { ...options, webPage });
    this.storage = new Storage(this, 'Storage', options);
    const workQueue = (id: string, consumer: FunctionName, urlVariable?: string) => {
      const consumerTimeoutSeconds = FUNCTIONS[consumer].timeoutSeconds;
      return new WorkQueue(this, id, { consumerTimeoutSeconds, encryptionKey, urlVariable });
    };
    this.offlineQueue = workQueue('Offline', 'storeOffline', ENV.offlineQueueUrl);
    this.fanOutQueue = workQueue('FanOut', 'fanOut', ENV.fanOutQueueUrl);
    this.taskQueue = workQueue('Tasks', 'runTasks', ENV.taskQueueUrl);
    this.serviceQueue = workQueue('Service', 'serveEvents');
    const routeMetrics = options.diagnostics.includes('routeMetrics');
    const throttlesOf = (fits: (routeKey: string) => boolean) =>
      Object.fromEntries(Object.entries(options.routeThrottles).filter(([routeKey]) => fits(routeKey)));
    this.webSocket = new WebSocketGateway(this, 'WebSocket', {
      ...options,
      throttle: options.webSocketThrottle,
      routeThrottles: throttlesOf((routeKey) => !isHttpRoute(routeKey)),
      routeMetrics,
    });
    const corsOrigins = webPage === undefined ? options.allowedOrigins : ['*'];
    this.http = new HttpGateway(this, 'Http', {
      ...options,
      issuer: this.identity.issuer,
      audience: this.identity.audience,
      // The API can't refer to the page's origin, since the page's headers contain the API's URL. So the gateway
      // answers preflights from any origin, and the functions refuse other origins (IM-CONN-2).
      allowedOrigins: corsOrigins,
      throttle: options.httpThrottle,
      routeThrottles: throttlesOf(isHttpRoute),
      routeMetrics,
    });
    const { webPageSignIn: signIn } = this.identity;
    const urls = { webSocketUrl: this.webSocket.url, httpUrl: this.http.url };
    const { widgetOrigins = [] } = options.webPage ?? {};
    this.attachments = options.attachments
      ? // With a web page as for the HTTP API: its headers contain the bucket's address. Links are the secret, not the origin.
        new Attachments(this, 'Attachments', { ...options, allowedOrigins: corsOrigins })
      : undefined;
    const files = this.attachments?.pageOptions;
    const webPush = options.notifications?.webPush !== undefined;
    const pageOptions = { ...options, ...urls, widgetOrigins, files, webPush };
    this.webPage = signIn && new WebPage(this, 'WebPage', { ...pageOptions, signIn });
    this.desk = options.desk
      ? new Desk(this, 'Desk', {
          storage: this.storage,
          consumerTimeoutSeconds: FUNCTIONS.matchDesk.timeoutSeconds,
          encryptionKey,
          queueNames: options.deskQueues,
        })
      : undefined;
    this.exports = new Exports(this, 'Exports', options);
    this.archive = options.archive ? new Archive(this, 'Archive', options) : undefined;
    this.events = options.events
      ? new Events(this, 'Events', { storage: this.storage, encryptionKey })
      : undefined;
    this.notifications =
      options.notifications &&
      new Notifications(this, 'Notifications', {
        options: options.notifications,
        consumerTimeoutSeconds: FUNCTIONS.notify.timeoutSeconds,
        encryptionKey,
      });
    const allowedOrigins = originsOf(options.allowedOrigins, this.webPage);
    this.functions = this.#makeFunctions(
      options,
      settingsOf({ ...options, allowedOrigins }, this.identity, this.webSocket.url),
    );
    this.#connect(options);
    this.streams = this.#readStreams(options);
    const { offlineQueue, fanOutQueue, taskQueue, serviceQueue, desk, functions, streams, webSocket, http } =
      this;
    this.observability = new Observability(this, 'Observability', {
      offlineQueue,
      fanOutQueue,
      taskQueue,
      serviceQueue,
      desk,
      notificationQueue: this.notifications?.queue,
      functions,
      streams,
      webSocket,
      http,
      alarmTopicArn: options.alarmTopicArn,
      asks: new Hooks(options).any,
    });
    this.dashboard = options.dashboard ? this.#makeDashboard(options) : undefined;
    boundRoles(options.permissionsBoundary, [this, ...(this.webPage?.helpers ?? [])]);
  }

  /** Gets every event (IM-EVENT); `undefined` without `events: true`. */
  get eventsTopic(): ITopic | undefined {
    return this.events?.topic;
  }

  /**
   * Allows another service to send messages as any user, by the service queue.
   * @example chat.grantSendMessages(orderService);
   */
  grantSendMessages(grantee: IGrantable): Grant {
    return this.serviceQueue.grantSendTo(grantee);
  }

  /**
   * Allows another service to log users out, by invoking `functions.logOut`. It may not send messages: that is a grant of
   * its own.
   * @example chat.grantLogOut(accountService);
   */
  grantLogOut(grantee: IGrantable): Grant {
    return this.functions.logOut.grantInvoke(grantee);
  }

  /**
   * Allows a role or a user to call the admin API (docs/protocol.md, section 21), and nothing else: `execute-api:Invoke` on
   * `/admin/*`. The grantee can write as anyone, ban anyone, and recall any message.
   * @example chat.grantAdmin(supportToolRole);
   */
  grantAdmin(grantee: IGrantable): Grant {
    return this.http.grantInvoke(grantee, '/admin/*');
  }

  /**
   * Allows an operator to publish events again: those of a conversation, by invoking `functions.replayEvents`, and those of
   * records that failed, by invoking `functions.publishEvents` (docs/operations.md, Events).
   * @throws {Error} without `events: true`
   * @example chat.grantReplayEvents(operatorRole);
   */
  grantReplayEvents(grantee: IGrantable): Grant {
    const { publishEvents, replayEvents } = this.functions;
    if (publishEvents === undefined || replayEvents === undefined)
      throw new Error('grantReplayEvents needs events: true');
    return replayEvents.grantInvoke(grantee).combine(publishEvents.grantInvoke(grantee));
  }

  #makeDashboard({ messageTableClass }: ServerlessImOptions): Dashboard {
    const { offlineQueue, fanOutQueue, taskQueue, serviceQueue, desk } = this;
    const { storage, functions, streams, webSocket, http, events, observability } = this;
    const queues = {
      offline: offlineQueue,
      'fan-out': fanOutQueue,
      tasks: taskQueue,
      service: serviceQueue,
      ...(desk && { desk: desk.queue }),
      ...(this.notifications && { notifications: this.notifications.queue }),
    };
    const functionMegabytes = Object.fromEntries(
      Object.entries(FUNCTIONS).map(([name, { memoryMegabytes }]) => [name, memoryMegabytes]),
    );
    return new Dashboard(this, 'Dashboard', {
      ...{ storage, functions, streams, webSocket, http, events, observability, messageTableClass },
      ...{ queues, deskStore: desk?.store, functionMegabytes },
    });
  }

  #makeFunctions(options: ServerlessImOptions, settings: Settings): Functions {
    const scope = new Construct(this, 'Functions');
    const functions = functionNames(partsOf(options)).map((name) => [
      name,
      this.#makeFunction(scope, name, options, settings),
    ]);
    return Object.fromEntries(functions);
  }

  #makeFunction(
    scope: Construct,
    name: FunctionName,
    options: ServerlessImOptions,
    settings: Settings,
  ): HandlerFunction {
    const { pollConcurrency } = options;
    const hooks = new Hooks(options);
    const spec: FunctionSpec = FUNCTIONS[name];
    const fn = new HandlerFunction(scope, pascalCase(name), {
      ...options,
      ...spec,
      code: bundlesOf(spec.module, hooks.any).code(spec.module),
      ...(name === 'poll' && { reservedConcurrency: pollConcurrency }),
    });
    for (const setting of spec.settings) fn.addEnvironment(ENV[setting], settings[setting]);
    spec.grant(fn, {
      storage: this.storage,
      offlineQueue: this.offlineQueue,
      fanOutQueue: this.fanOutQueue,
      taskQueue: this.taskQueue,
      exports: this.exports,
      gateway: this.webSocket,
      desk: this.desk,
      events: this.events,
      hooks,
      archive: this.archive,
      attachments: this.attachments,
      notifications: this.notifications,
    });
    return fn;
  }

  #connect(options: ServerlessImOptions): void {
    for (const name of functionNames(partsOf(options))) {
      const fn = this.functions[name];
      const { trigger }: FunctionSpec = FUNCTIONS[name];
      if (fn === undefined) continue;
      if (trigger.kind === 'webSocket') {
        this.webSocket.addOwnRoutes(fn, this.functions.authorize, actionNames(options));
      } else if (trigger.kind === 'http') {
        this.http.addOwnRoutes(pascalCase(name), fn, routesOf(trigger, options));
      } else if (trigger.kind === 'admin') {
        this.http.addIamRoutes(pascalCase(name), fn, routesOf(trigger, options));
      } else if (trigger.kind === 'scan' && this.attachments !== undefined) {
        new AttachmentScan(this, 'AttachmentScan', { bucket: this.attachments.bucket, fn });
      } else if (trigger.kind === 'queue') {
        this.#consume(trigger.queue, fn, options);
      }
    }
  }

  #readStreams(options: ServerlessImOptions): Partial<Record<FunctionName, StreamConsumer>> {
    const { storage } = this;
    const { encryptionKey } = options;
    const consumers = functionNames(partsOf(options)).flatMap((name) => {
      const fn = this.functions[name];
      const { trigger }: FunctionSpec = FUNCTIONS[name];
      if (fn === undefined || trigger.kind !== 'stream') return [];
      return [
        [
          name,
          new StreamConsumer(this, `${pascalCase(name)}Stream`, { fn, storage, encryptionKey, ...trigger }),
        ],
      ];
    });
    return Object.fromEntries(consumers);
  }

  #consume(queue: QueueName, fn: HandlerFunction, { offlineConcurrency }: ServerlessImOptions): void {
    const consumers: Record<QueueName, readonly [WorkQueue | undefined, ConsumeOptions]> = {
      offline: [this.offlineQueue, { maxConcurrency: offlineConcurrency }],
      service: [this.serviceQueue, {}],
      fanOut: [this.fanOutQueue, { maxConcurrency: FAN_OUT_WORKERS, batchSize: 1 }],
      tasks: [this.taskQueue, { maxConcurrency: TASK_WORKERS, batchSize: 1 }],
      desk: [this.desk?.queue, {}],
      notifications: [this.notifications?.queue, {}],
    };
    const [work, options] = consumers[queue];
    work?.consumeBy(fn, options);
  }
}

function originsOf(allowedOrigins: readonly string[], webPage: WebPage | undefined): readonly string[] {
  return webPage === undefined || allowedOrigins.includes('*')
    ? allowedOrigins
    : [...allowedOrigins, webPage.url];
}

function partsOf(options: ServerlessImOptions): Readonly<Record<PartName, boolean>> {
  return { ...options, notifications: options.notifications !== undefined };
}

function actionNames(options: ServerlessImOptions): Action[] {
  const names = Object.keys(ACTIONS) as Action[];
  return names.filter((name) => {
    const { part } = { part: undefined, ...ACTIONS[name] };
    return part === undefined || partsOf(options)[part];
  });
}

/** With those of the parts that this deployment has. */
function routesOf(
  { routes, partRoutes = {} }: Extract<Trigger, { readonly kind: 'http' | 'admin' }>,
  options: ServerlessImOptions,
): readonly string[] {
  const parts = Object.entries(partRoutes) as readonly [PartName, readonly string[]][];
  return [...routes, ...parts.flatMap(([part, more]) => (partsOf(options)[part] ? more : []))];
}

function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
