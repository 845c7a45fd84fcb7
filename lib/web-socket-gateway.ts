import { ArnFormat, Stack } from 'aws-cdk-lib';
import { CfnStage, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import { accessLog, WEB_SOCKET_LOG_FIELDS } from './access-log.ts';
import { AccessLogRole } from './access-log-role.ts';
import { acknowledge, finding } from './acknowledge.ts';
import { inSequence } from './in-sequence.ts';
import type { Throttle } from './options.ts';
import { WebSocketFunctionIntegration } from './web-socket-integration.ts';

export interface WebSocketGatewayProps {
  readonly throttle: Throttle;
  /** Whether to make the account's role for access logs. */
  readonly accessLogRole: boolean;
}

/** Push, look up, and cut a connection. */
export type ConnectionMethod = 'POST' | 'GET' | 'DELETE';

const STAGE = 'prod';

/**
 * The connection tier: holds the sockets, and turns frames into invocations. Each action is a route, for its own
 * metrics.
 */
export class WebSocketGateway extends Construct {
  readonly api: WebSocketApi;
  readonly stage: WebSocketStage;
  /** A line for each connect, disconnect, and frame, by route. */
  readonly accessLogGroup: LogGroup;
  /** `wss://…/prod`, where clients connect. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: WebSocketGatewayProps) {
    super(scope, id);
    this.api = new WebSocketApi(this, 'Api', {
      apiName: this.node.path.replaceAll('/', '-'),
      routeSelectionExpression: '$request.body.action',
    });
    const { logGroup, settings } = accessLog(this, WEB_SOCKET_LOG_FIELDS);
    this.accessLogGroup = logGroup;
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: STAGE,
      autoDeploy: true,
      throttle: props.throttle,
      detailedMetricsEnabled: true,
      accessLogSettings: settings,
    });
    keepBodiesOutOfLogs(this.stage);
    if (props.accessLogRole) this.stage.node.addDependency(new AccessLogRole(this, 'AccessLogRole'));
    this.url = this.stage.url;
  }

  /**
   * Makes all routes of the API, each served by the same function: `$connect`, `$disconnect`, the actions, and `$default`.
   *
   * The authorizer has no identity sources, since API Gateway would demand all of them, and the token comes in one of two
   * headers (IM-CONN-1); it is asked at every connect. All routes but `$connect` and `$disconnect` have a route response:
   * what the function returns as `body` is the answer frame (IM-FRAME-2).
   */
  addRoutes(fn: LambdaFunction, authorizer: LambdaFunction, actions: readonly string[]): void {
    const integration = new WebSocketFunctionIntegration('Integration', fn, this.api.apiId);
    const connect = this.api.addRoute('$connect', {
      integration,
      authorizer: new WebSocketLambdaAuthorizer('Authorizer', authorizer, { identitySource: [] }),
    });
    const disconnect = this.api.addRoute('$disconnect', { integration });
    const frames = [...actions, '$default'].map((routeKey) =>
      this.api.addRoute(routeKey, { integration, returnResponse: true }),
    );
    for (const route of [disconnect, ...frames]) {
      acknowledge(
        route,
        'AwsSolutions-APIG4',
        'WebSocket APIs authorize at $connect; frames carry that identity.',
      );
    }
    inSequence(this, fn, [connect, disconnect, ...frames], this.stage);
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
