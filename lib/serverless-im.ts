import { Lazy } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import { ACTIONS, type Action } from '../protocol/actions.ts';
import { FunctionBundles } from './bundling/function-bundles.ts';
import { Desk } from './desk.ts';
import type { FunctionSpec, QueueName } from './function-spec.ts';
import { FUNCTIONS, type FunctionName, type Functions, functionNames } from './functions.ts';
import { HandlerFunction } from './handler-function.ts';
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

const BUNDLES = new FunctionBundles(Object.values(FUNCTIONS).map(({ module }) => module));

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
  readonly functions: Functions;
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
      consumerTimeoutSeconds: FUNCTIONS.storeOffline.timeoutSeconds,
      urlVariable: ENV.offlineQueueUrl,
    });
    this.fanOutQueue = new WorkQueue(this, 'FanOut', {
      consumerTimeoutSeconds: FUNCTIONS.fanOut.timeoutSeconds,
      urlVariable: ENV.fanOutQueueUrl,
    });
    this.serviceQueue = new WorkQueue(this, 'Service', {
      consumerTimeoutSeconds: FUNCTIONS.serveEvents.timeoutSeconds,
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
          consumerTimeoutSeconds: FUNCTIONS.matchDesk.timeoutSeconds,
          queueNames: options.deskQueues,
        })
      : undefined;
    const allowedOrigins = originsOf(options.allowedOrigins, this.webPage);
    this.functions = this.#makeFunctions(
      options,
      settingsOf({ ...options, allowedOrigins }, this.identity, this.webSocket.url),
    );
    this.#connect(options);
    const { offlineQueue, fanOutQueue, serviceQueue, desk, functions, webSocket, http } = this;
    this.observability = new Observability(this, 'Observability', {
      offlineQueue,
      fanOutQueue,
      serviceQueue,
      desk,
      functions,
      webSocket,
      http,
      alarmTopicArn: options.alarmTopicArn,
    });
  }

  /** Allows another service to send service events: log users out, send messages as any user. */
  grantServiceEvents(grantee: IGrantable): Grant {
    return this.serviceQueue.grantSendTo(grantee);
  }

  #makeFunctions(options: ServerlessImOptions, settings: Settings): Functions {
    const scope = new Construct(this, 'Functions');
    const functions = functionNames(options).map((name) => [
      name,
      this.#makeFunction(scope, name, options, settings),
    ]);
    return Object.fromEntries(functions);
  }

  #makeFunction(
    scope: Construct,
    name: FunctionName,
    { pollConcurrency }: ServerlessImOptions,
    settings: Settings,
  ): HandlerFunction {
    const spec: FunctionSpec = FUNCTIONS[name];
    const fn = new HandlerFunction(scope, pascalCase(name), {
      ...spec,
      code: BUNDLES.code(spec.module),
      ...(name === 'poll' && { reservedConcurrency: pollConcurrency }),
    });
    for (const setting of spec.settings) fn.addEnvironment(ENV[setting], settings[setting]);
    spec.grant(fn, {
      storage: this.storage,
      offlineQueue: this.offlineQueue,
      fanOutQueue: this.fanOutQueue,
      gateway: this.webSocket,
      desk: this.desk,
    });
    return fn;
  }

  #connect(options: ServerlessImOptions): void {
    for (const name of functionNames(options)) {
      const fn = this.functions[name];
      const { trigger }: FunctionSpec = FUNCTIONS[name];
      if (fn === undefined || trigger.kind === 'authorizer') continue;
      if (trigger.kind === 'webSocket') {
        this.webSocket.addRoutes(fn, this.functions.authorize, actionNames(options));
      } else if (trigger.kind === 'http') {
        const { routes, deskRoutes = [] } = trigger;
        this.http.addRoutes(pascalCase(name), fn, options.desk ? [...routes, ...deskRoutes] : routes);
      } else {
        this.#consume(trigger.queue, fn, options);
      }
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

function actionNames({ desk }: ServerlessImOptions): Action[] {
  const names = Object.keys(ACTIONS) as Action[];
  return names.filter((name) => desk || !('part' in ACTIONS[name]));
}

function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
