import { ArnFormat, Stack } from 'aws-cdk-lib';
import { CfnStage, WebSocketApi, type WebSocketRoute, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import { accessLog, WEB_SOCKET_LOG_FIELDS } from './access-log.ts';
import { AccessLogRole } from './access-log-role.ts';
import { acknowledge, finding } from './acknowledge.ts';
import type { Throttle } from './options.ts';

export interface WebSocketGatewayProps {
  readonly throttle: Throttle;
  /** Whether to make the account's role for access logs. */
  readonly accessLogRole: boolean;
}

/** Push, look up, and cut a connection. */
export type ConnectionMethod = 'POST' | 'GET' | 'DELETE';

const STAGE = 'prod';

/** The connection tier: holds the sockets, and turns frames into invocations by their `action`. */
export class WebSocketGateway extends Construct {
  readonly api: WebSocketApi;
  readonly stage: WebSocketStage;
  /** `wss://…/prod`, where clients connect. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: WebSocketGatewayProps) {
    super(scope, id);
    this.api = new WebSocketApi(this, 'Api', {
      apiName: this.node.path.replaceAll('/', '-'),
      routeSelectionExpression: '$request.body.action',
    });
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: STAGE,
      autoDeploy: true,
      throttle: props.throttle,
      detailedMetricsEnabled: true,
      accessLogSettings: accessLog(this, WEB_SOCKET_LOG_FIELDS),
    });
    keepBodiesOutOfLogs(this.stage);
    if (props.accessLogRole) this.stage.node.addDependency(new AccessLogRole(this, 'AccessLogRole'));
    this.url = this.stage.url;
  }

  /**
   * `$connect`: who may open a socket, and what happens then. The authorizer has no identity sources, since API Gateway
   * would demand all of them, and the token comes in one of two headers (IM-CONN-1); it is asked at every connect.
   */
  addConnectRoute(fn: LambdaFunction, authorizer: LambdaFunction): void {
    this.api.addRoute('$connect', {
      integration: new WebSocketLambdaIntegration('Integration', fn),
      authorizer: new WebSocketLambdaAuthorizer('Authorizer', authorizer, { identitySource: [] }),
    });
  }

  /** `$disconnect`: nobody is there to be answered. */
  addDisconnectRoute(fn: LambdaFunction): void {
    this.#addOpenRoute('$disconnect', fn, false);
  }

  /** An action, or `$default`: what the function returns as `body` is the answer frame (IM-FRAME-2). */
  addTwoWayRoute(routeKey: string, fn: LambdaFunction): void {
    this.#addOpenRoute(routeKey, fn, true);
  }

  /**
   * Allows these methods of the `@connections` API of this stage, each by its own ARN, and tells the SDK the stage's
   * endpoint. docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html
   */
  grantConnections(fn: LambdaFunction, ...methods: ConnectionMethod[]): Grant {
    fn.addEnvironment(ENV.connectionsEndpoint, this.stage.callbackUrl);
    const resourceArns = methods.map((method) => this.#connectionsArn(method));
    for (const arn of resourceArns) {
      const reason = 'Connection ids exist only once clients connect; method, stage, and API are named.';
      acknowledge(fn.role ?? fn, finding(this, 'AwsSolutions-IAM5', `Resource::${arn}`), reason);
    }
    return Grant.addToPrincipal({
      grantee: fn,
      actions: ['execute-api:ManageConnections'],
      resourceArns,
    });
  }

  #addOpenRoute(routeKey: string, fn: LambdaFunction, returnResponse: boolean): WebSocketRoute {
    const integration = new WebSocketLambdaIntegration('Integration', fn);
    const route = this.api.addRoute(routeKey, { integration, returnResponse });
    acknowledge(
      route,
      'AwsSolutions-APIG4',
      'WebSocket APIs authorize at $connect; frames carry that identity.',
    );
    return route;
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

/** Data trace would write frames, and the token of `renew`, to the log. Off by default; said, so that it stays off. */
function keepBodiesOutOfLogs(stage: WebSocketStage): void {
  const resource = stage.node.defaultChild;
  if (!(resource instanceof CfnStage)) throw new Error('The stage has no CfnStage');
  resource.addPropertyOverride('DefaultRouteSettings.DataTraceEnabled', false);
  resource.addPropertyOverride('DefaultRouteSettings.LoggingLevel', 'OFF');
}
