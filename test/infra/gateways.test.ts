import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { ServerlessImProps } from '../../lib/index.ts';
import { ACTIONS } from '../../protocol/actions.ts';
import { ADMIN_ROUTES } from '../../protocol/admin.ts';
import { ATTACHMENT_ADMIN_ROUTES, ATTACHMENT_HTTP_ROUTES } from '../../protocol/attachments.ts';
import { DESK_HTTP_ROUTES, HTTP_ROUTES, POLL_ROUTE } from '../../protocol/http.ts';
import { EXTERNAL_ISSUER, ofApi, type Resource, resource, resources, synthesize } from './synth.ts';

const { template } = synthesize({ ...EXTERNAL_ISSUER, allowedOrigins: ['https://chat.example.com'] });
const { template: withoutDesk } = synthesize({ ...EXTERNAL_ISSUER, desk: false });

const routesOf = (api: string, from: Template = template) => ofApi(from, api, 'Route');
const routeKeys = (routes: readonly Resource[]) =>
  routes.map(({ Properties }) => Properties['RouteKey']).sort();
const authorizationTypes = (routes: readonly Resource[]) =>
  Object.fromEntries(routes.map(({ Properties: p }) => [p['RouteKey'], p['AuthorizationType']]));

function logFormat(stage: string): Record<string, string> {
  const { Properties } = resource(template, 'AWS::ApiGatewayV2::Stage', stage);
  return JSON.parse((Properties['AccessLogSettings'] as { Format: string }).Format);
}

/** The documented variables without client text: no headers, query, path, claims, or messages. */
const HARMLESS = new Set([
  '$context.requestId',
  '$context.requestTimeEpoch',
  '$context.routeKey',
  '$context.status',
  '$context.error.responseType',
  '$context.eventType',
  '$context.connectionId',
  '$context.connectedAt',
  '$context.messageId',
  '$context.authorizer.status',
  '$context.authorizer.userHash',
  '$context.integration.requestId',
  '$context.integration.status',
  '$context.integration.latency',
  '$context.responseLatency',
  '$context.responseLength',
]);

describe('the WebSocket API', () => {
  it('selects routes by the action of a frame (IM-FRAME-1)', () => {
    const { Properties } = resource(template, 'AWS::ApiGatewayV2::Api', 'WebSocket');
    expect(Properties).toMatchObject({
      ProtocolType: 'WEBSOCKET',
      RouteSelectionExpression: '$request.body.action',
    });
  });

  it("has a route for each action and the gateway's three, without the desk's routes if the desk is left out", () => {
    const GATEWAY = ['$connect', '$default', '$disconnect'];
    const actionsOf = (...parts: string[]) =>
      Object.entries(ACTIONS)
        .filter(([, action]) => !('part' in action) || parts.includes(action.part))
        .map(([name]) => name);
    expect(routeKeys(routesOf('WebSocket'))).toEqual([...GATEWAY, ...actionsOf('desk')].sort());
    expect(routeKeys(routesOf('WebSocket', withoutDesk))).toEqual([...GATEWAY, ...actionsOf()].sort());
  });

  it('answers on every route that has a reply: a selection expression and a response (IM-FRAME-2)', () => {
    const routes = routesOf('WebSocket');
    const responses = resources(template, 'AWS::ApiGatewayV2::RouteResponse').map(
      ({ Properties }) => Properties,
    );
    for (const { logicalId, Properties } of routes) {
      const answers = responses.filter(({ RouteId }) => (RouteId as { Ref: string }).Ref === logicalId);
      const twoWay = !['$connect', '$disconnect'].includes(String(Properties['RouteKey']));
      expect(Properties['RouteResponseSelectionExpression']).toBe(twoWay ? '$default' : undefined);
      expect(answers.map(({ RouteResponseKey }) => RouteResponseKey)).toEqual(twoWay ? ['$default'] : []);
    }
  });

  it('calls the authorizer at every connect, whichever header has the token: no identity sources (IM-CONN-1)', () => {
    expect(authorizationTypes(routesOf('WebSocket'))).toMatchObject({ $connect: 'CUSTOM', hello: 'NONE' });
    const authorizer = resource(template, 'AWS::ApiGatewayV2::Authorizer', 'WebSocket');
    expect(authorizer.Properties).toMatchObject({ AuthorizerType: 'REQUEST', IdentitySource: [] });
    expect(authorizer.Properties).not.toHaveProperty('AuthorizerResultTtlInSeconds');
    expect(JSON.stringify(authorizer.Properties['AuthorizerUri'])).toContain('FunctionsAuthorize');
  });

  it('deploys itself, is throttled, and keeps bodies out of the logs', () => {
    expect(resource(template, 'AWS::ApiGatewayV2::Stage', 'WebSocket').Properties).toMatchObject({
      StageName: 'prod',
      AutoDeploy: true,
      DefaultRouteSettings: {
        DataTraceEnabled: false,
        DetailedMetricsEnabled: false,
        LoggingLevel: 'OFF',
        ThrottlingBurstLimit: 1000,
        ThrottlingRateLimit: 2000,
      },
    });
  });

  it('limits what is dear and rare by its own route, without the desk if that is left out', () => {
    const limitsOf = (from: Template, api: string) =>
      resource(from, 'AWS::ApiGatewayV2::Stage', api).Properties['RouteSettings'];
    const rare = { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100, DetailedMetricsEnabled: false };
    expect(limitsOf(template, 'WebSocket')).toEqual({ 'desk.open': rare });
    expect(limitsOf(withoutDesk, 'WebSocket')).toBeUndefined();
    expect(limitsOf(template, 'Http')).toEqual({
      'POST /groups': rare,
      'POST /groups/{id}/members': rare,
      'POST /poll': { ThrottlingRateLimit: 250, ThrottlingBurstLimit: 250, DetailedMetricsEnabled: false },
    });
  });

  it('has its routes before the settings that name them, which AWS would refuse otherwise', () => {
    for (const api of ['WebSocket', 'Http']) {
      const { Properties, DependsOn } = resource(template, 'AWS::ApiGatewayV2::Stage', api);
      const named = Object.keys(Properties['RouteSettings'] as object);
      for (const route of routesOf(api))
        if (named.includes(String(route.Properties['RouteKey'])))
          expect(DependsOn).toContain(route.logicalId);
    }
  });

  it('can write its access log before its stage is made, since the account has the role', () => {
    const [account] = resources(template, 'AWS::ApiGateway::Account');
    expect(account?.DeletionPolicy).toBe('Retain');
    expect(resource(template, 'AWS::ApiGatewayV2::Stage', 'WebSocket').DependsOn).toContain(
      account?.logicalId,
    );
  });

  it("leaves the account's role alone if the option is set", () => {
    const { template: without } = synthesize({ ...EXTERNAL_ISSUER, accessLogRole: false });
    expect(resources(without, 'AWS::ApiGateway::Account')).toEqual([]);
  });
});

describe('the HTTP API', () => {
  it('leaves tokens to its functions, which check them as those of the socket do (IM-CONN-2)', () => {
    const usersRoutes = routesOf('Http').filter(
      ({ Properties }) => !String(Properties['RouteKey']).includes(' /admin/'),
    );
    expect(new Set(Object.values(authorizationTypes(usersRoutes)))).toEqual(new Set(['NONE']));
    const settingsOf = (name: string) => {
      const { Environment } = resource(template, 'AWS::Lambda::Function', `Functions${name}`).Properties;
      const { Variables } = Environment as { Variables: Record<string, unknown> };
      return ['ISSUER', 'AUDIENCE', 'JWKS_URI', 'USER_ID_CLAIM', 'ROLES_CLAIM'].map((key) => Variables[key]);
    };
    for (const name of ['Authorize', 'Http', 'Poll']) expect(settingsOf(name)).toEqual(settingsOf('Socket'));
    expect(settingsOf('Socket').slice(0, 2)).toEqual([
      EXTERNAL_ISSUER.issuer,
      EXTERNAL_ISSUER.audience.join(','),
    ]);
  });

  it("has the protocol's routes and the poll, without the desk's routes if the desk is left out", () => {
    const files = [...ATTACHMENT_HTTP_ROUTES, ...ATTACHMENT_ADMIN_ROUTES];
    const always = [...HTTP_ROUTES, POLL_ROUTE, ...ADMIN_ROUTES];
    expect(routeKeys(routesOf('Http'))).toEqual([...always, ...files, ...DESK_HTTP_ROUTES].sort());
    expect(routeKeys(routesOf('Http', withoutDesk))).toEqual([...always, ...files].sort());
  });

  it('leaves the routes below /admin, and no others, to IAM, and one function serves them alone (IM-ADMIN-1)', () => {
    const types = authorizationTypes(routesOf('Http'));
    const byIam = Object.keys(types).filter((routeKey) => types[routeKey] === 'AWS_IAM');
    expect(byIam.sort()).toEqual([...ADMIN_ROUTES, ...ATTACHMENT_ADMIN_ROUTES].sort());
    expect(byIam).toEqual(
      Object.keys(types)
        .filter((routeKey) => routeKey.includes('/admin'))
        .sort(),
    );
    const targetsOf = (routes: readonly Resource[]) =>
      new Set(routes.map(({ Properties }) => JSON.stringify(Properties['Target'])));
    const isAdmin = ({ Properties }: Resource) => byIam.includes(String(Properties['RouteKey']));
    const admins = targetsOf(routesOf('Http').filter(isAdmin));
    expect(admins.size).toBe(1);
    const others = targetsOf(routesOf('Http').filter((route) => !isAdmin(route)));
    expect([...others].filter((target) => admins.has(target))).toEqual([]);
  });

  it('calls functions with payload 2.0', () => {
    const versions = ofApi(template, 'Http', 'Integration').map(
      ({ Properties }) => Properties['PayloadFormatVersion'],
    );
    expect(versions).toEqual(['2.0', '2.0', '2.0']);
  });

  it('allows the allowed origins only what they need (IM-REFUSE-2)', () => {
    expect(resource(template, 'AWS::ApiGatewayV2::Api', 'Http').Properties['CorsConfiguration']).toEqual({
      AllowOrigins: ['https://chat.example.com'],
      AllowHeaders: ['authorization', 'content-type'],
      AllowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      MaxAge: 3600,
    });
  });

  it('has no CORS without allowed origins, and allows any origin only if the option says so (IM-REFUSE-2)', () => {
    const cors = (allowedOrigins?: readonly string[]) => {
      const { template: variant } = synthesize({ ...EXTERNAL_ISSUER, allowedOrigins });
      return resource(variant, 'AWS::ApiGatewayV2::Api', 'Http').Properties['CorsConfiguration'];
    };
    expect(cors()).toBeUndefined();
    expect(cors(['*'])).toMatchObject({ AllowOrigins: ['*'] });
  });

  it('deploys itself, and is throttled', () => {
    expect(resource(template, 'AWS::ApiGatewayV2::Stage', 'Http').Properties).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: {
        DetailedMetricsEnabled: false,
        ThrottlingBurstLimit: 250,
        ThrottlingRateLimit: 500,
      },
    });
  });
});

describe.each(['WebSocket', 'Http'])('the access log of the %s API', (api) => {
  it('has only fields that cannot hold a token, whatever a client sends (IM-REFUSE-11)', () => {
    const fields = Object.values(logFormat(api));
    expect(fields.filter((field) => !HARMLESS.has(field))).toEqual([]);
  });

  it('shows which request it was, how it ended, and how long it took', () => {
    expect(Object.keys(logFormat(api))).toEqual(
      expect.arrayContaining(['requestId', 'routeKey', 'status', 'errorType', 'integrationLatency']),
    );
  });

  it('is kept for a month, in the class that costs half, and which no metric filter can read', () => {
    const log = resource(template, 'AWS::Logs::LogGroup', `${api}AccessLog`);
    expect(log.Properties).toMatchObject({ RetentionInDays: 30, LogGroupClass: 'INFREQUENT_ACCESS' });
    const read = resources(template, 'AWS::Logs::MetricFilter').map(
      ({ Properties }) => Properties['LogGroupName'],
    );
    expect(read.length).toBeGreaterThan(0);
    expect(read).not.toContainEqual({ Ref: log.logicalId });
  });

  it('is joined by metrics of each route only with that diagnostics option: $0.30 a month for each', () => {
    const isMeasured = (props: ServerlessImProps) => {
      const { template: variant } = synthesize({ ...EXTERNAL_ISSUER, ...props });
      const { DefaultRouteSettings } = resource(variant, 'AWS::ApiGatewayV2::Stage', api).Properties;
      return (DefaultRouteSettings as { DetailedMetricsEnabled: boolean }).DetailedMetricsEnabled;
    };
    expect([isMeasured({}), isMeasured({ diagnostics: ['routeMetrics'] })]).toEqual([false, true]);
  });
});
