import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { onTestFinished } from 'vitest';
import type { ClientOptions } from 'ws';
import type { Cluster } from '../../../local/gateway/peers.ts';
import { Gateway, type GatewayOptions } from '../../../local/gateway/server.ts';
import type { HttpApiModel, WebSocketApiModel, WebSocketRouteModel } from '../../../local/model.ts';
import { type FakeFunction, FakeFunctions } from './fake-functions.ts';
import { ManualClock } from './manual-clock.ts';
import { TestClient } from './test-client.ts';

export interface FixtureOptions extends Omit<GatewayOptions, 'clock' | 'log'> {
  readonly webSocketApi?: Partial<WebSocketApiModel>;
  /** Stages of additional WebSocket APIs with the same routes. */
  readonly otherStages?: readonly string[];
  readonly httpApi?: Partial<HttpApiModel>;
  /** Handlers by function id. A route's id is its key; the authorizer's is `authorizer`. */
  readonly functions?: Readonly<Record<string, FakeFunction>>;
}

/** A gateway on a free port with a manual clock; it stops with the test. */
export async function startGateway(options: FixtureOptions = {}) {
  const { serve } = await listenGateway(options);
  return serve();
}

/** Gateways that know of each other; their numbers are 1, 2, … */
export async function startNodes(count: number, options: FixtureOptions = {}) {
  const listening = await Promise.all(Array.from({ length: count }, () => listenGateway(options)));
  const origins = Object.fromEntries(listening.map(({ origin }, index) => [String(index + 1), origin]));
  return listening.map(({ serve }, index) => serve({ node: String(index + 1), origins }));
}

async function listenGateway(options: FixtureOptions) {
  const { webSocketApi, otherStages = [], httpApi, functions = {}, ...gatewayOptions } = options;
  const clock = new ManualClock();
  const warnings: string[] = [];
  const log = { warn: (message: string) => void warnings.push(message) };
  const gateway = new Gateway({ ...gatewayOptions, clock, log });
  const port = await gateway.listen(0);
  onTestFinished(() => gateway.close());
  const httpUrl = `http://127.0.0.1:${port}`;
  const managementUrl = `${httpUrl}/prod`;
  const invoker = new FakeFunctions({ $connect: () => ({ statusCode: 200 }), ...functions });
  const serve = (cluster?: Cluster) => {
    gateway.serve({
      webSocketApis: [
        { ...defaultWebSocketApi, ...webSocketApi },
        ...otherStages.map((stage) => ({ ...defaultWebSocketApi, stage })),
      ],
      httpApis: [{ name: 'Http', apiId: 'http-api', stage: '$default', routes: [], ...httpApi }],
      invoker,
      ...(cluster && { cluster }),
    });
    return {
      gateway,
      clock,
      warnings,
      invoker,
      httpUrl,
      managementUrl,
      webSocketUrl: `ws://127.0.0.1:${port}/prod`,
      client(query = '', protocols: string[] = [], clientOptions: ClientOptions = {}): TestClient {
        const client = new TestClient(`ws://127.0.0.1:${port}/prod${query}`, protocols, clientOptions);
        onTestFinished(() => client.webSocket.terminate());
        return client;
      },
      management(endpoint = managementUrl): ApiGatewayManagementApiClient {
        const client = new ApiGatewayManagementApiClient({
          endpoint,
          region: 'us-east-1',
          credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
          maxAttempts: 1,
        });
        onTestFinished(() => client.destroy());
        return client;
      },
    };
  };
  return { origin: httpUrl, serve };
}

export function route(routeKey: string, overrides: Partial<WebSocketRouteModel> = {}): WebSocketRouteModel {
  return { routeKey, functionId: routeKey, hasResponse: false, ...overrides };
}

/** `$connect` behind the function `authorizer`. */
export const authorizedConnect = route('$connect', { authorizerId: 'authorizer' });

const defaultWebSocketApi: WebSocketApiModel = {
  name: 'Socket',
  apiId: 'ws-api',
  stage: 'prod',
  routeSelectionExpression: '$request.body.action',
  routes: [
    route('$connect'),
    route('$disconnect'),
    route('$default', { hasResponse: true }),
    route('echo', { hasResponse: true }),
    route('silent'),
  ],
};
