import { Duration, Stack } from 'aws-cdk-lib';
import {
  CorsHttpMethod,
  HttpApi,
  type HttpMethod,
  type HttpRoute,
  HttpStage,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type AccessLogProps, accessLog, HTTP_LOG_FIELDS } from './access-log.ts';
import { acknowledge } from './acknowledge.ts';
import { ApiDomain } from './api-domain.ts';
import type { DomainOptions } from './domain-props.ts';
import { inSequence } from './in-sequence.ts';
import type { Throttle } from './props.ts';
import { throttleRoutes } from './route-throttles.ts';

export interface HttpGatewayProps extends AccessLogProps, DomainOptions {
  /** The `iss` of accepted tokens. */
  readonly issuer: string;
  /** Accepted values of `aud`, or of `client_id` if a token has no `aud`. */
  readonly audience: readonly string[];
  /** Web origins that may call, or `['*']`. If empty, there are no CORS headers. */
  readonly allowedOrigins: readonly string[];
  /** Limit for all requests together. */
  readonly throttle: Throttle;
  /** Limits of single routes, by route key. */
  readonly routeThrottles: Readonly<Record<string, Throttle>>;
  /** Whether to publish metrics of each route. */
  readonly routeMetrics: boolean;
}

/** The HTTP API: history, conversations, groups, and sending without a socket. Its functions check the tokens. */
export class HttpGateway extends Construct {
  /** The API itself. */
  readonly api: HttpApi;
  /** The stage `$default`, with its metrics. */
  readonly stage: HttpStage;
  /** The base URL of all routes: `https://…` without a trailing slash. */
  readonly url: string;
  /** Where the name of your own has to lead; `undefined` without a `domain`. */
  readonly domainTarget: string | undefined;
  /** The access log: a line for each request. */
  readonly accessLogGroup: ILogGroup;
  readonly #authorizer: HttpJwtAuthorizer;
  readonly #routes: HttpRoute[] = [];

  constructor(scope: Construct, id: string, props: HttpGatewayProps) {
    super(scope, id);
    const { domain } = props;
    this.api = new HttpApi(this, 'Api', {
      apiName: this.node.path.replaceAll('/', '-'),
      createDefaultStage: false,
      ...(domain && { disableExecuteApiEndpoint: domain.keepDefaultName !== true }),
      ...corsOf(props.allowedOrigins),
    });
    const { logGroup, settings } = accessLog(this, HTTP_LOG_FIELDS, props);
    this.accessLogGroup = logGroup;
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: props.throttle,
      detailedMetricsEnabled: props.routeMetrics,
      accessLogSettings: settings,
    });
    throttleRoutes(this.stage, props);
    const { region, urlSuffix } = Stack.of(this);
    this.url = `https://${domain?.name ?? `${this.api.apiId}.execute-api.${region}.${urlSuffix}`}`;
    const { api, stage } = this;
    this.domainTarget = domain && new ApiDomain(this, 'Domain', { ...domain, api, stage }).target;
    this.#authorizer = new HttpJwtAuthorizer('Authorizer', props.issuer, {
      jwtAudience: [...props.audience],
    });
  }

  /**
   * Adds routes of your own app, for requests with a valid token, which API Gateway checks. One function serves all of
   * them, and gets the token's claims as text.
   * @param id of the integration, unique in this API
   * @param routeKeys method and path
   * @example chat.http.addRoutes('Stickers', stickers, ['GET /stickers', 'GET /stickers/{id}']);
   */
  addRoutes(id: string, fn: LambdaFunction, routeKeys: readonly string[]): void {
    this.#addRoutes(id, fn, routeKeys, this.#authorizer);
  }

  /**
   * Adds routes for a function of `ServerlessIm`, which checks the tokens itself: with the socket's verifier, so that both
   * ends give the same answer (docs/adr/0022-one-judge-of-tokens.md).
   */
  addOwnRoutes(id: string, fn: LambdaFunction, routeKeys: readonly string[]): void {
    for (const route of this.#addRoutes(id, fn, routeKeys))
      acknowledge(route, 'AwsSolutions-APIG4', 'The function checks the token of every request.');
  }

  /**
   * Adds routes for principals whom IAM allows `execute-api:Invoke` on them. API Gateway verifies the signature of each request,
   * and the function gets the caller's ARN.
   */
  addIamRoutes(id: string, fn: LambdaFunction, routeKeys: readonly string[]): void {
    this.#addRoutes(id, fn, routeKeys, new HttpIamAuthorizer());
  }

  /** Allows requests to IAM routes. @param path with wildcards: `/admin/*` */
  grantInvoke(grantee: IGrantable, path: string): Grant {
    const { stageName } = this.stage;
    const resource = {
      service: 'execute-api',
      resource: this.api.apiId,
      resourceName: `${stageName}/*${path}`,
    };
    return Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: [Stack.of(this).formatArn(resource)],
    });
  }

  #addRoutes(
    id: string,
    fn: LambdaFunction,
    routeKeys: readonly string[],
    authorizer?: IHttpRouteAuthorizer,
  ): readonly HttpRoute[] {
    // One permission for all routes, since a function's policy is limited to 20 KB.
    const integration = new HttpLambdaIntegration(id, fn, { scopePermissionToRoute: false });
    const added = routeKeys.flatMap((routeKey) => {
      const [method, path = ''] = routeKey.split(' ');
      const methods = [method as HttpMethod];
      return this.api.addRoutes({ path, methods, integration, ...(authorizer && { authorizer }) });
    });
    this.#routes.push(...added);
    inSequence(this, fn, this.#routes, this.stage);
    return added;
  }
}

function corsOf(allowedOrigins: readonly string[]) {
  if (allowedOrigins.length === 0) return {};
  const { GET, POST, PUT, PATCH, DELETE } = CorsHttpMethod;
  return {
    corsPreflight: {
      allowOrigins: [...allowedOrigins],
      allowHeaders: ['authorization', 'content-type'],
      allowMethods: [GET, POST, PUT, PATCH, DELETE],
      maxAge: Duration.hours(1),
    },
  };
}
