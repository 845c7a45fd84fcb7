import { Duration, Stack } from 'aws-cdk-lib';
import {
  CorsHttpMethod,
  HttpApi,
  type HttpMethod,
  type HttpRoute,
  HttpStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { accessLog, HTTP_LOG_FIELDS } from './access-log.ts';
import { inSequence } from './in-sequence.ts';
import type { Throttle } from './options.ts';

export interface HttpGatewayProps {
  /** Whose tokens are accepted. */
  readonly issuer: string;
  readonly audience: readonly string[];
  /** Web origins that may call, or `['*']`; none: no CORS headers at all. */
  readonly allowedOrigins: readonly string[];
  readonly throttle: Throttle;
}

/** The HTTP API: history, conversations, and sending without a socket. API Gateway itself checks the tokens. */
export class HttpGateway extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  /** `https://…` without a slash at its end. */
  readonly url: string;
  readonly #authorizer: HttpJwtAuthorizer;
  readonly #routes: HttpRoute[] = [];

  constructor(scope: Construct, id: string, props: HttpGatewayProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      apiName: this.node.path.replaceAll('/', '-'),
      createDefaultStage: false,
      ...corsOf(props.allowedOrigins),
    });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: props.throttle,
      detailedMetricsEnabled: true,
      accessLogSettings: accessLog(this, HTTP_LOG_FIELDS).settings,
    });
    const { region, urlSuffix } = Stack.of(this);
    this.url = `https://${this.api.apiId}.execute-api.${region}.${urlSuffix}`;
    this.#authorizer = new HttpJwtAuthorizer('Authorizer', props.issuer, {
      jwtAudience: [...props.audience],
    });
  }

  /**
   * Makes routes that only requests with a valid token reach, all served by one function, which gets the token's claims.
   * @param routeKeys `GET /groups/{id}`
   */
  addRoutes(id: string, fn: LambdaFunction, routeKeys: readonly string[]): void {
    // One permission for all of them: a function's policy may have 20 KB.
    const integration = new HttpLambdaIntegration(id, fn, { scopePermissionToRoute: false });
    for (const routeKey of routeKeys) {
      const [method, path = ''] = routeKey.split(' ');
      const methods = [method as HttpMethod];
      this.#routes.push(...this.api.addRoutes({ path, methods, integration, authorizer: this.#authorizer }));
    }
    inSequence(this, fn, this.#routes, this.stage);
  }
}

function corsOf(allowedOrigins: readonly string[]) {
  if (allowedOrigins.length === 0) return {};
  const { GET, POST, PATCH, DELETE } = CorsHttpMethod;
  return {
    corsPreflight: {
      allowOrigins: [...allowedOrigins],
      allowHeaders: ['authorization', 'content-type'],
      allowMethods: [GET, POST, PATCH, DELETE],
      maxAge: Duration.hours(1),
    },
  };
}
