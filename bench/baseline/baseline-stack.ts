import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { BUNDLE_HANDLER, FunctionBundles } from '../../lib/bundling/function-bundles.ts';

const MODULES = ['connect', 'disconnect', 'send-message'].map((name) => `bench/baseline/handlers/${name}`);

/**
 * The chat that most tutorials build: one table of connections, and every message goes to everyone in it. Modeled on
 * github.com/aws-samples/simple-websockets-chat-app and the tutorial in the API Gateway developer guide. To compare only the
 * pattern, the easy improvements are applied: the current SDK, our bundler, our Node, arm64, clients created once, and a
 * time-out as long as API Gateway waits.
 */
export class BaselineStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const connections = new Table(this, 'Connections', {
      partitionKey: { name: 'connectionId', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const bundles = new FunctionBundles('baseline', MODULES);
    const handler = (name: string, module = '') =>
      new LambdaFunction(this, name, {
        code: bundles.code(module),
        handler: BUNDLE_HANDLER,
        runtime: Runtime.NODEJS_24_X,
        architecture: Architecture.ARM_64,
        memorySize: 256,
        timeout: Duration.seconds(29),
        // The same source maps as ours, so that import times differ only by code.
        environment: { CONNECTIONS_TABLE: connections.tableName },
      });
    const [connect, disconnect, sendMessage] = [
      handler('Connect', MODULES[0]),
      handler('Disconnect', MODULES[1]),
      handler('SendMessage', MODULES[2]),
    ];
    const api = new WebSocketApi(this, 'Api', {
      routeSelectionExpression: '$request.body.action',
      connectRouteOptions: { integration: new WebSocketLambdaIntegration('Connect', connect) },
      disconnectRouteOptions: { integration: new WebSocketLambdaIntegration('Disconnect', disconnect) },
    });
    api.addRoute('sendMessage', { integration: new WebSocketLambdaIntegration('SendMessage', sendMessage) });
    const stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: api,
      stageName: 'prod',
      autoDeploy: true,
    });
    sendMessage.addEnvironment('AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI', stage.callbackUrl);
    stage.grantManagementApiAccess(sendMessage);
    for (const fn of [connect, disconnect, sendMessage]) connections.grantReadWriteData(fn);
  }
}
