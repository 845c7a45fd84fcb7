import { Lazy } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import { HandlerBundles } from './bundling/handler-bundles.ts';
import { Desk } from './desk.ts';
import { HandlerFunction } from './handler-function.ts';
import type { HandlerSpec, QueueName } from './handler-spec.ts';
import { HANDLERS, type HandlerFunctions, type HandlerName } from './handlers.ts';
import { HttpGateway } from './http-gateway.ts';
import { Identity } from './identity.ts';
import { Observability } from './observability.ts';
import { fillOptions, type ServerlessImOptions, type ServerlessImProps } from './options.ts';
import { type Settings, settingsOf } from './settings.ts';
import { Storage } from './storage.ts';
import { WebPage } from './web-page.ts';
import { WebSocketGateway } from './web-socket-gateway.ts';
import { type ConsumeOptions, WorkQueue } from './work-queue.ts';

/** Batches of service events at once: they are rare, and a flood of them must not crowd out the users. */
const SERVICE_CONCURRENCY = 10;
/** Jobs of about 1,000 members at once: what one huge group may take of the account's posts a second. */
const FAN_OUT_CONCURRENCY = 20;
/** Events of the desk at once: workers on the same queue stand in each other's way. */
const DESK_CONCURRENCY = 5;

const BUNDLES = new HandlerBundles(Object.values(HANDLERS).map(({ module }) => module));

/**
 * Instant messaging for anybody's CDK app: `new ServerlessIm(this, 'Chat', { issuer, audience })`. Clients speak
 * docs/protocol.md to `webSocket.url` and `http.url`. Other functions of the app may be granted what its own are, e.g.
 * `chat.storage.messages.grantQueryBySeq(fn)` or `chat.webSocket.grantConnections(fn, 'DELETE')`.
 *
 * @throws InvalidOptionsError in one line, if the props contradict each other
 */
export class ServerlessIm extends Construct {
  readonly identity: Identity;
  readonly storage: Storage;
  /** References to messages that no session of their recipient took, on the way to the inbox. */
  readonly offlineQueue: WorkQueue;
  /** Messages to large groups, on the way to the workers that serve their members. */
  readonly fanOutQueue: WorkQueue;
  /** What the account's other services tell the chat (docs/protocol.md, service events). */
  readonly serviceQueue: WorkQueue;
  readonly webSocket: WebSocketGateway;
  readonly http: HttpGateway;
  /** The customer-service desk, unless it is left out. */
  readonly desk: Desk | undefined;
  readonly functions: HandlerFunctions;
  readonly observability: Observability;
  /** The web page, if it is wanted. */
  readonly webPage: WebPage | undefined;

  constructor(scope: Construct, id: string, props: ServerlessImProps = {}) {
    super(scope, id);
    const options = fillOptions(props);
    const { retain, externalIssuer, accessLogRole } = options;
    // Sign-in and page have to know of each other.
    const pageUrl = Lazy.string({ produce: () => this.webPage?.url });
    const webPage = options.webPage && { ...options.webPage, url: pageUrl };
    this.identity = new Identity(this, 'Identity', { externalIssuer, retain, webPage });
    this.storage = new Storage(this, 'Storage', { retain });
    this.offlineQueue = new WorkQueue(this, 'Offline', {
      consumerTimeoutSeconds: HANDLERS.storeOffline.timeoutSeconds,
      urlVariable: ENV.offlineQueueUrl,
    });
    this.fanOutQueue = new WorkQueue(this, 'FanOut', {
      consumerTimeoutSeconds: HANDLERS.fanOut.timeoutSeconds,
      urlVariable: ENV.fanOutQueueUrl,
    });
    this.serviceQueue = new WorkQueue(this, 'Service', {
      consumerTimeoutSeconds: HANDLERS.serveEvents.timeoutSeconds,
    });
    this.webSocket = new WebSocketGateway(this, 'WebSocket', {
      throttle: options.webSocketThrottle,
      accessLogRole,
    });
    this.http = new HttpGateway(this, 'Http', {
      issuer: this.identity.issuer,
      audience: this.identity.audience,
      // The page's origin can't be known to the API, whose URL is in the page's headers. So the gateway answers
      // preflights from anywhere, and the functions refuse what comes from elsewhere (IM-CONN-2).
      allowedOrigins: webPage === undefined ? options.allowedOrigins : ['*'],
      throttle: options.httpThrottle,
    });
    const { webPageSignIn: signIn } = this.identity;
    const urls = { webSocketUrl: this.webSocket.url, httpUrl: this.http.url };
    this.webPage = signIn && new WebPage(this, 'WebPage', { ...urls, signIn });
    this.desk = options.desk
      ? new Desk(this, 'Desk', {
          storage: this.storage,
          consumerTimeoutSeconds: HANDLERS.matchDesk.timeoutSeconds,
          queueNames: options.deskQueues,
        })
      : undefined;
    const allowedOrigins = originsOf(options.allowedOrigins, this.webPage);
    this.functions = this.#makeFunctions(
      options,
      settingsOf({ ...options, allowedOrigins }, this.identity, this.webSocket.url),
    );
    const made = Object.entries(this.functions) as unknown as readonly [HandlerName, HandlerFunction][];
    for (const [name, fn] of made) this.#connect(name, fn, options);
    const { offlineQueue, fanOutQueue, serviceQueue, desk, functions, storage, webSocket, http } = this;
    this.observability = new Observability(this, 'Observability', {
      offlineQueue,
      fanOutQueue,
      serviceQueue,
      desk,
      functions,
      storage,
      webSocket,
      http,
      alarmTopicArn: options.alarmTopicArn,
    });
  }

  /** Allows another service to send service events: log users out, send messages as any user. */
  grantServiceEvents(grantee: IGrantable): Grant {
    return this.serviceQueue.grantSendTo(grantee);
  }

  #makeFunctions(options: ServerlessImOptions, settings: Settings): HandlerFunctions {
    const scope = new Construct(this, 'Functions');
    const names = handlerNames().filter((name) => this.desk !== undefined || !isPartOfDesk(name));
    const functions = names.map((name) => [name, this.#makeFunction(scope, name, options, settings)]);
    return Object.fromEntries(functions);
  }

  #makeFunction(
    scope: Construct,
    name: HandlerName,
    { pollConcurrency }: ServerlessImOptions,
    settings: Settings,
  ): HandlerFunction {
    const spec: HandlerSpec = HANDLERS[name];
    const fn = new HandlerFunction(scope, pascalCase(name), {
      ...spec,
      code: BUNDLES.code(spec.module),
      ...(name === 'poll' && { reservedConcurrency: pollConcurrency }),
    });
    for (const setting of spec.settings) fn.addEnvironment(ENV[setting], settings[setting]);
    spec.grant(fn, {
      storage: this.storage,
      queue: this.offlineQueue,
      fanOut: this.fanOutQueue,
      gateway: this.webSocket,
      desk: this.desk,
    });
    return fn;
  }

  #connect(name: HandlerName, fn: HandlerFunction, options: ServerlessImOptions): void {
    const { trigger }: HandlerSpec = HANDLERS[name];
    switch (trigger.kind) {
      case 'authorizer':
        break; // `$connect` brings it along.
      case 'connect':
        this.webSocket.addConnectRoute(fn, this.functions.authorize);
        break;
      case 'disconnect':
        this.webSocket.addDisconnectRoute(fn);
        break;
      case 'action':
        this.webSocket.addTwoWayRoute(trigger.routeKey, fn);
        break;
      case 'http':
        this.http.addRoute(trigger.method, trigger.path, fn);
        break;
      case 'queue':
        this.#consume(trigger.queue, fn, options);
        break;
      default:
        trigger satisfies never;
    }
  }

  #consume(queue: QueueName, fn: HandlerFunction, { offlineConcurrency }: ServerlessImOptions): void {
    const consumers: Record<QueueName, readonly [WorkQueue | undefined, ConsumeOptions]> = {
      offline: [this.offlineQueue, { maxConcurrency: offlineConcurrency }],
      service: [this.serviceQueue, { maxConcurrency: SERVICE_CONCURRENCY }],
      fanOut: [this.fanOutQueue, { maxConcurrency: FAN_OUT_CONCURRENCY, batchSize: 1 }],
      desk: [this.desk?.queue, { maxConcurrency: DESK_CONCURRENCY }],
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

function isPartOfDesk(name: HandlerName): boolean {
  const spec: HandlerSpec = HANDLERS[name];
  return spec.part === 'desk';
}

function handlerNames(): HandlerName[] {
  return Object.keys(HANDLERS) as HandlerName[];
}

function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
