import { Duration, Stack } from 'aws-cdk-lib';
import { CorsHttpMethod, HttpApi, type HttpMethod, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { accessLog, HTTP_LOG_FIELDS } from './access-log.ts';
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
      accessLogSettings: accessLog(this, HTTP_LOG_FIELDS),
    });
    const { region, urlSuffix } = Stack.of(this);
    this.url = `https://${this.api.apiId}.execute-api.${region}.${urlSuffix}`;
    this.#authorizer = new HttpJwtAuthorizer('Authorizer', props.issuer, {
      jwtAudience: [...props.audience],
    });
  }

  /** A route that only users with a valid token reach; the function gets its claims. */
  addRoute(method: HttpMethod, path: string, fn: LambdaFunction): void {
    const integration = new HttpLambdaIntegration('Integration', fn);
    this.api.addRoutes({ path, methods: [method], integration, authorizer: this.#authorizer });
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
