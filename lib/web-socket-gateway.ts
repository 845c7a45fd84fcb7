import { ArnFormat, Stack } from 'aws-cdk-lib';
import { CfnStage, WebSocketApi, type WebSocketRoute, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import { type AccessLogProps, accessLog, WEB_SOCKET_LOG_FIELDS } from './access-log.ts';
import { AccessLogRole } from './access-log-role.ts';
import { acknowledge, finding } from './acknowledge.ts';
import { ApiDomain } from './api-domain.ts';
import type { DomainOptions } from './domain-props.ts';
import { inSequence } from './in-sequence.ts';
import type { Throttle } from './props.ts';
import { throttleRoutes } from './route-throttles.ts';
import { WebSocketFunctionIntegration } from './web-socket-integration.ts';

export interface WebSocketGatewayProps extends AccessLogProps, DomainOptions {
  /** Limit for connects and frames together. */
  readonly throttle: Throttle;
  /** Limits of single routes, by action. */
  readonly routeThrottles: Readonly<Record<string, Throttle>>;
  /** Whether to set the account's role for access logs. */
  readonly accessLogRole: boolean;
  /** Whether to publish metrics of each route. */
  readonly routeMetrics: boolean;
}

/** Methods of the `@connections` API: `POST` pushes to a connection, `GET` probes it, `DELETE` closes it. */
export type ConnectionMethod = 'POST' | 'GET' | 'DELETE';

const STAGE = 'prod';

/**
 * The WebSocket API: it holds the sockets, and invokes a function for each frame. Each action has its own route, and so
 * its own name in the access log.
 */
export class WebSocketGateway extends Construct {
  /** The API itself. */
  readonly api: WebSocketApi;
  /** The stage `prod`, with its metrics. */
  readonly stage: WebSocketStage;
  /** The URL that clients connect to: `wss://…/prod`, or `wss://…` with a name of your own. */
  readonly url: string;
  /** Where the name of your own has to lead; `undefined` without a `domain`. */
  readonly domainTarget: string | undefined;
  /** The access log: a line for each connect, disconnect, and frame. */
  readonly accessLogGroup: ILogGroup;
  /** The routes so far, in the order in which CloudFormation creates them. */
  readonly #routes: WebSocketRoute[] = [];

  constructor(scope: Construct, id: string, props: WebSocketGatewayProps) {
    super(scope, id);
    this.api = new WebSocketApi(this, 'Api', {
      apiName: this.node.path.replaceAll('/', '-'),
      routeSelectionExpression: '$request.body.action',
    });
    const { logGroup, settings } = accessLog(this, WEB_SOCKET_LOG_FIELDS, props);
    this.accessLogGroup = logGroup;
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: STAGE,
      autoDeploy: true,
      throttle: props.throttle,
      detailedMetricsEnabled: props.routeMetrics,
      accessLogSettings: settings,
    });
    keepBodiesOutOfLogs(this.stage);
    throttleRoutes(this.stage, props);
    if (props.accessLogRole) this.stage.node.addDependency(new AccessLogRole(this, 'AccessLogRole'));
    const { domain } = props;
    const name = domain?.webSocketName;
    this.url = name === undefined ? this.stage.url : `wss://${name}`;
    const { api, stage } = this;
    this.domainTarget =
      domain && new ApiDomain(this, 'Domain', { ...domain, name: domain.webSocketName, api, stage }).target;
  }

  /**
   * Adds actions of your own app, so that its clients need no second socket: `im.request` of the SDK calls them. One
   * function serves all of them. It gets the caller as `requestContext.authorizer` has it (`userId`, `deviceId`), and the
   * `body` that it returns is the reply: JSON with the frame's `id` and a `type`. Frames in Protobuf don't reach it.
   * @param id of the integration, unique in this API
   * @param actions none of the protocol's, which may get more: a prefix keeps them apart
   * @example chat.webSocket.addRoutes('Translate', translate, ['shop.translate']);
   */
  addRoutes(id: string, fn: LambdaFunction, actions: readonly string[]): void {
    const integration = new WebSocketFunctionIntegration(id, fn, this.api.apiId);
    this.#inSequence(fn, this.#addFrameRoutes(integration, actions));
  }

  /**
   * Adds all routes of `ServerlessIm`, served by one function: `$connect`, `$disconnect`, the actions, and `$default`.
   *
   * The authorizer runs at every connect. It has no identity sources, since API Gateway would require all of them, and the
   * token comes in one of two headers (IM-CONN-1). All routes except `$connect` and `$disconnect` have a route response:
   * the `body` that the function returns is the reply (IM-FRAME-2).
   */
  addOwnRoutes(fn: LambdaFunction, authorizer: LambdaFunction, actions: readonly string[]): void {
    const integration = new WebSocketFunctionIntegration('Integration', fn, this.api.apiId);
    const connect = this.api.addRoute('$connect', {
      integration,
      authorizer: new WebSocketLambdaAuthorizer('Authorizer', authorizer, { identitySource: [] }),
    });
    const disconnect = this.api.addRoute('$disconnect', { integration });
    acknowledgeAuthorization(disconnect);
    const frames = this.#addFrameRoutes(integration, [...actions, '$default']);
    this.#inSequence(fn, [connect, disconnect, ...frames]);
  }

  #addFrameRoutes(integration: WebSocketFunctionIntegration, routeKeys: readonly string[]): WebSocketRoute[] {
    const routes = routeKeys.map((routeKey) =>
      this.api.addRoute(routeKey, { integration, returnResponse: true }),
    );
    for (const route of routes) acknowledgeAuthorization(route);
    return routes;
  }

  #inSequence(fn: LambdaFunction, routes: readonly WebSocketRoute[]): void {
    inSequence(this, fn, [...this.#routes.slice(-1), ...routes], this.stage);
    this.#routes.push(...routes);
  }

  /**
   * Allows these methods of this stage's `@connections` API, each by its own ARN, and sets the variable from which the AWS
   * SDK reads the endpoint.
   * docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html
   * @example chat.webSocket.grantConnections(fn, 'DELETE');
   */
  grantConnections(fn: LambdaFunction, ...methods: ConnectionMethod[]): Grant {
    fn.addEnvironment(ENV.connectionsEndpoint, this.stage.callbackUrl);
    const resourceArns = methods.map((method) => this.#connectionsArn(method));
    for (const arn of resourceArns) {
      const reason = 'Connection ids are unknown before clients connect; the ARN has method, stage, and API.';
      acknowledge(fn.role ?? fn, finding(this, 'AwsSolutions-IAM5', `Resource::${arn}`), reason);
    }
    return Grant.addToPrincipal({
      grantee: fn,
      actions: ['execute-api:ManageConnections'],
      resourceArns,
    });
  }

  #connectionsArn(method: ConnectionMethod): string {
    return Stack.of(this).formatArn({
      service: 'execute-api',
      resource: this.api.apiId,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      resourceName: `${STAGE}/${method}/@connections/*`,
    });
  }
}

function acknowledgeAuthorization(route: WebSocketRoute): void {
  const reason = 'WebSocket APIs authorize at $connect; all frames have that identity.';
  acknowledge(route, 'AwsSolutions-APIG4', reason);
}

/** Data trace logs frames, including the token of `renew`. Off by default, but set explicitly so that it stays off. */
function keepBodiesOutOfLogs(stage: WebSocketStage): void {
  const resource = stage.node.defaultChild;
  if (!(resource instanceof CfnStage)) throw new Error('The stage has no CfnStage');
  resource.addPropertyOverride('DefaultRouteSettings.DataTraceEnabled', false);
  resource.addPropertyOverride('DefaultRouteSettings.LoggingLevel', 'OFF');
}
