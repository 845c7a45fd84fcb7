import { isRecord, recordOf } from '../json.ts';
import type {
  CorsModel,
  HttpApiModel,
  HttpRouteModel,
  JwtAuthorizerModel,
  StackModel,
  ThrottleModel,
  WebSocketApiModel,
} from '../model.ts';
import { apiId, physicalName } from './identifiers.ts';
import type { ResolvedTemplate } from './resources.ts';
import { type Resource, reader, TemplateError } from './template.ts';

/**
 * Joins the `AWS::ApiGatewayV2` resources: each API with its stage, routes, and their functions.
 * @param functionIds logical ids of the functions by function name
 * @throws {TemplateError} if a route, an authorizer, or an API is incomplete
 */
export function apiModels(
  template: ResolvedTemplate,
  stackName: string,
  functionIds: ReadonlyMap<string, string>,
): Pick<StackModel, 'webSocketApis' | 'httpApis'> {
  const all = (type: string) => template.ofType(`AWS::ApiGatewayV2::${type}`);
  const stages = all('Stage');
  const routes = all('Route');
  const refOf = ({ logicalId }: Resource) => physicalName(stackName, logicalId);
  const authorizers = new Map(all('Authorizer').map((each) => [refOf(each), each]));
  const integrations = new Map(all('Integration').map((each) => [refOf(each), each]));
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

  const webSocketRoute = (route: Resource): WebSocketApiModel['routes'][number] => {
    const authorizer = authorizerOf(route, 'REQUEST');
    return {
      routeKey: reader(route).text('RouteKey'),
      functionId: integrationOf(route),
      hasResponse:
        reader(route).optionalText('RouteResponseSelectionExpression') !== undefined &&
        routesWithDefaultResponse.has(refOf(route)),
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

  const webSocketApis: WebSocketApiModel[] = [];
  const httpApis: HttpApiModel[] = [];
  for (const api of all('Api')) {
    const id = apiId(stackName, api.logicalId);
    const own = routes.filter((route) => reader(route).text('ApiId') === id);
    const stage = stages.find((each) => reader(each).text('ApiId') === id);
    if (!stage) throw new TemplateError(`${api.logicalId} has no stage.`);
    const throttle = throttleModel(stage.properties['DefaultRouteSettings']);
    const routeThrottles = Object.fromEntries(
      Object.entries(recordOf(stage.properties['RouteSettings'])).flatMap(([routeKey, settings]) => {
        const model = throttleModel(settings);
        return model === undefined ? [] : [[routeKey, model]];
      }),
    );
    const common = {
      apiId: id,
      stage: reader(stage).text('StageName'),
      ...(throttle && { throttle }),
      routeThrottles,
    };
    if (reader(api).text('ProtocolType') === 'WEBSOCKET') {
      const routeSelectionExpression = reader(api).text('RouteSelectionExpression');
      webSocketApis.push({ ...common, routeSelectionExpression, routes: own.map(webSocketRoute) });
    } else {
      const cors = api.properties['CorsConfiguration'];
      httpApis.push({
        ...common,
        routes: own.map(httpRoute),
        ...(isRecord(cors) && { cors: corsModel(cors) }),
      });
    }
  }
  return { webSocketApis, httpApis };
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

/** `GET /session` */
function parseRouteKey(routeKey: string): Pick<HttpRouteModel, 'method' | 'path'> {
  const [method = '', path] = routeKey.split(' ');
  if (method === 'ANY' || path === undefined || path.includes('+}')) {
    throw new TemplateError(`The local runtime does not support routes like "${routeKey}".`);
  }
  return { method, path };
}
