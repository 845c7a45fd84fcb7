import { isRecord, recordOf } from '../json.ts';
import type {
  CorsModel,
  HttpApiModel,
  HttpRouteModel,
  JwtAuthorizerModel,
  StackModel,
  ThrottleModel,
  WebSocketApiModel,
  WebSocketRouteModel,
} from '../model.ts';
import type { ResolvedApp } from './resources.ts';
import { type Resource, reader, TemplateError } from './template.ts';

/** The APIs, and a line for each route that is left out. */
export interface Apis extends Pick<StackModel, 'webSocketApis' | 'httpApis'> {
  readonly warnings: readonly string[];
}

/**
 * Joins the `AWS::ApiGatewayV2` resources: each API with its stage, routes, and their functions.
 * @param functionIds logical ids of the functions by function name
 */
export function apiModels(app: ResolvedApp, functionIds: ReadonlyMap<string, string>): Apis {
  const all = (type: string) => app.ofType(`AWS::ApiGatewayV2::${type}`);
  const stages = all('Stage');
  const routes = all('Route');
  const byRef = (type: string) => new Map(all(type).map((each) => [each.identity.ref, each]));
  const authorizers = byRef('Authorizer');
  const integrations = byRef('Integration');
  const routesWithDefaultResponse = new Set(
    all('RouteResponse')
      .filter((response) => reader(response).text('RouteResponseKey') === '$default')
      .map((response) => reader(response).text('RouteId')),
  );

  const functionOf = (uri: string, owner: Resource): string => {
    const name = /:function:([^/:]+)/.exec(uri)?.[1];
    const functionId = name === undefined ? undefined : functionIds.get(name);
    if (!functionId)
      throw new TemplateError(`${owner.logicalId} leads to ${uri}, which isn't a function here.`);
    return functionId;
  };
  const integrationOf = (route: Resource): string => {
    const target = reader(route).text('Target').replace('integrations/', '');
    const integration = integrations.get(target);
    if (!integration) throw new TemplateError(`${route.logicalId} has no integration ${target}.`);
    return functionOf(reader(integration).text('IntegrationUri'), integration);
  };
  const authorizerOf = (route: Resource, type: string): Resource | undefined => {
    const id = reader(route).optionalText('AuthorizerId');
    if (id === undefined) return undefined;
    const authorizer = authorizers.get(id);
    if (!authorizer || reader(authorizer).text('AuthorizerType') !== type) {
      throw new TemplateError(`${route.logicalId} needs an authorizer that isn't run here: only ${type} is.`);
    }
    return authorizer;
  };

  const requestAuthorizerOf = (authorizer: Resource): string => {
    if (reader(authorizer).texts('IdentitySource').length > 0) {
      throw new TemplateError(
        `${authorizer.logicalId}: the local runtime does not support identity sources.`,
      );
    }
    return functionOf(reader(authorizer).text('AuthorizerUri'), authorizer);
  };

  const webSocketRoute = (route: Resource): WebSocketRouteModel => {
    const authorizer = authorizerOf(route, 'REQUEST');
    return {
      routeKey: reader(route).text('RouteKey'),
      functionId: integrationOf(route),
      hasResponse:
        reader(route).optionalText('RouteResponseSelectionExpression') !== undefined &&
        routesWithDefaultResponse.has(route.identity.ref),
      ...(authorizer && { authorizerId: requestAuthorizerOf(authorizer) }),
    };
  };
  const httpRoute = (route: Resource): HttpRouteModel => {
    const authorizer = authorizerOf(route, 'JWT');
    const type = reader(route).optionalText('AuthorizationType');
    return {
      ...parseRouteKey(reader(route).text('RouteKey')),
      functionId: integrationOf(route),
      ...(authorizer && { authorizer: jwtAuthorizer(authorizer) }),
      ...(type === 'AWS_IAM' && { requiresIam: true }),
    };
  };

  const warnings: string[] = [];
  const webSocketApis: WebSocketApiModel[] = [];
  const httpApis: HttpApiModel[] = [];
  for (const api of all('Api')) {
    const id = api.identity.ref;
    const own = routes.filter((route) => reader(route).text('ApiId') === id);
    const stage = stages.find((each) => reader(each).text('ApiId') === id);
    if (!stage) {
      warnings.push(`${api.logicalId} (${api.type}) has no stage and is left out.`);
      continue;
    }
    const name = reader(api).optionalText('Name') ?? api.logicalId;
    const common = { name, apiId: id, ...stageModel(stage) };
    const routesBy = <Model>(model: (route: Resource) => Model): readonly Model[] =>
      own.flatMap((route) => {
        try {
          return [model(route)];
        } catch (error) {
          if (!(error instanceof TemplateError)) throw error;
          const routeKey = reader(route).optionalText('RouteKey');
          warnings.push(`The route "${routeKey}" is left out: ${error.message}`);
          return [];
        }
      });
    if (reader(api).text('ProtocolType') === 'WEBSOCKET') {
      const routeSelectionExpression = reader(api).text('RouteSelectionExpression');
      webSocketApis.push({ ...common, routeSelectionExpression, routes: routesBy(webSocketRoute) });
    } else {
      const cors = api.properties['CorsConfiguration'];
      httpApis.push({
        ...common,
        routes: routesBy(httpRoute),
        ...(isRecord(cors) && { cors: corsModel(cors) }),
      });
    }
  }
  return { webSocketApis, httpApis, warnings };
}

function stageModel(stage: Resource) {
  const throttle = throttleModel(stage.properties['DefaultRouteSettings']);
  const routeThrottles = Object.fromEntries(
    Object.entries(recordOf(stage.properties['RouteSettings'])).flatMap(([routeKey, settings]) => {
      const model = throttleModel(settings);
      return model === undefined ? [] : [[routeKey, model]];
    }),
  );
  return { stage: reader(stage).text('StageName'), ...(throttle && { throttle }), routeThrottles };
}

function jwtAuthorizer(authorizer: Resource): JwtAuthorizerModel {
  const { Issuer: issuer, Audience: audience } = reader(authorizer).record('JwtConfiguration');
  if (typeof issuer !== 'string' || !Array.isArray(audience)) {
    throw new TemplateError(`${authorizer.logicalId} has no issuer or no audience.`);
  }
  return {
    issuer,
    audience: audience.map(String),
    identitySource: reader(authorizer).texts('IdentitySource'),
  };
}

function throttleModel(settings: unknown): ThrottleModel | undefined {
  if (!isRecord(settings) || settings['ThrottlingRateLimit'] === undefined) return undefined;
  return {
    rateLimit: Number(settings['ThrottlingRateLimit']),
    burstLimit: Number(settings['ThrottlingBurstLimit']),
  };
}

function corsModel(cors: Readonly<Record<string, unknown>>): CorsModel {
  const texts = (name: string) => (Array.isArray(cors[name]) ? cors[name].map(String) : []);
  return {
    allowOrigins: texts('AllowOrigins'),
    allowMethods: texts('AllowMethods'),
    allowHeaders: texts('AllowHeaders'),
    ...(cors['MaxAge'] === undefined ? {} : { maxAgeSeconds: Number(cors['MaxAge']) }),
  };
}

/** `GET /session`; `$default` has no path. */
function parseRouteKey(routeKey: string): Pick<HttpRouteModel, 'method' | 'path'> {
  const [method = '', path] = routeKey.split(' ');
  return path === undefined ? { method: routeKey } : { method, path };
}
