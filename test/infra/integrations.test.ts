import { describe, expect, it } from 'vitest';
import { POLL_ROUTE } from '../../protocol/http.ts';
import {
  EXTERNAL_ISSUER,
  functionNameOf,
  ofApi,
  type Resource,
  resource,
  resources,
  synthesize,
} from './synth.ts';

const { template } = synthesize(EXTERNAL_ISSUER);
const { template: withoutDesk } = synthesize({ ...EXTERNAL_ISSUER, desk: false });

describe('an integration', () => {
  const functionIn = (value: unknown) =>
    functionNameOf(/"Fn::GetAtt":\["(\w+)","Arn"\]/.exec(JSON.stringify(value))?.[1] ?? '');
  /** The function that answers each route. */
  const answeredBy = (api: string) => {
    const uris = new Map(
      ofApi(template, api, 'Integration').map(({ logicalId, Properties }) => [
        logicalId,
        Properties['IntegrationUri'],
      ]),
    );
    const integrationOf = ({ Properties }: Resource) =>
      /"Ref":"(\w+)"/.exec(JSON.stringify(Properties['Target']))?.[1] ?? '';
    const pairs = ofApi(template, api, 'Route').map((route) => [
      route.Properties['RouteKey'],
      functionIn(uris.get(integrationOf(route))),
    ]);
    return Object.fromEntries(pairs) as Record<string, string>;
  };

  it('is shared by all routes of the WebSocket API, and calls its one function', () => {
    expect(
      ofApi(template, 'WebSocket', 'Integration').map(({ Properties }) => Properties['IntegrationType']),
    ).toEqual(['AWS_PROXY']);
    expect(new Set(Object.values(answeredBy('WebSocket')))).toEqual(new Set(['Socket']));
  });

  it('is shared by all routes of the HTTP API except the poll and the admin API, which have functions of their own', () => {
    const { [POLL_ROUTE]: poll, ...others } = answeredBy('Http');
    expect(ofApi(template, 'Http', 'Integration')).toHaveLength(3);
    expect(poll).toBe('Poll');
    for (const [routeKey, name] of Object.entries(others))
      expect(name).toBe(routeKey.includes(' /admin/') ? 'Admin' : 'Http');
  });

  const permissionsOf = (name: string) =>
    resources(template, 'AWS::Lambda::Permission').filter(
      ({ Properties }) => functionIn(Properties['FunctionName']) === name,
    );

  it.each([
    ['Socket', 'WebSocket', '/*'],
    ['Http', 'Http', '/*/*/*'],
    ['Poll', 'Http', '/*/*/*'],
    ['Admin', 'Http', '/*/*/*'],
  ])('needs one permission for all routes: of %s for the %s API', (name, api, path) => {
    const sources = permissionsOf(name).map(({ Properties }) => {
      const { 'Fn::Join': join } = Properties['SourceArn'] as { 'Fn::Join': [string, unknown[]] };
      return join[1].slice(-2);
    });
    expect(sources).toEqual([[{ Ref: resource(template, 'AWS::ApiGatewayV2::Api', api).logicalId }, path]]);
  });

  it.each(['Authorize', 'Socket', 'Http', 'Poll'])('keeps the policy of %s far below its 20 KB', (name) => {
    expect(policyBytes(permissionsOf(name))).toBeGreaterThan(200);
    expect(policyBytes(permissionsOf(name))).toBeLessThan(2_000);
  });
});

/**
 * About the size of the resource policy that Lambda makes of these permissions, with names as long as they may be.
 * docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
function policyBytes(permissions: readonly Resource[]): number {
  const statements = permissions.map(({ logicalId, Properties }) => ({
    Sid: `${logicalId}-${'x'.repeat(64)}`,
    Effect: 'Allow',
    Principal: { Service: Properties['Principal'] },
    Action: Properties['Action'],
    Resource: `arn:aws:lambda:ap-southeast-1:123456789012:function:${'x'.repeat(64)}`,
    Condition: { ArnLike: { 'AWS:SourceArn': Properties['SourceArn'] } },
  }));
  return JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements }).length;
}

describe.each([
  ['WebSocket', 'with a desk', template],
  ['WebSocket', 'without a desk', withoutDesk],
  ['Http', 'with a desk', template],
  ['Http', 'without a desk', withoutDesk],
] as const)('to avoid conflicting changes of the %s API (%s), CloudFormation', (api, _, from) => {
  const responses = ofApi(from, api, 'RouteResponse');
  /** Each route with its response, in the order in which they are made. */
  const steps = ofApi(from, api, 'Route').map((route) => [
    route.logicalId,
    ...responses
      .filter(({ Properties }) => (Properties['RouteId'] as { Ref: string }).Ref === route.logicalId)
      .map(({ logicalId }) => logicalId),
  ]);
  const dependenciesOf = (logicalId: string) => {
    const found = [...ofApi(from, api, 'Route'), ...responses].find((one) => one.logicalId === logicalId);
    return found?.DependsOn ?? [];
  };

  it('makes the routes one after the other, each with its response', () => {
    expect(steps.length).toBeGreaterThan(10);
    expect(steps.flat()).toHaveLength(ofApi(from, api, 'Route').length + responses.length);
    for (const [index, step] of steps.entries()) {
      const before = steps[index - 1] ?? [];
      for (const logicalId of step) expect(dependenciesOf(logicalId)).toEqual(expect.arrayContaining(before));
    }
  });

  it('makes the authorizer, which only the WebSocket API has, after the integration', () => {
    const authorizers = ofApi(from, api, 'Authorizer');
    expect(authorizers).toHaveLength(api === 'WebSocket' ? 1 : 0);
    const integrations = ofApi(from, api, 'Integration').map(({ logicalId }) => logicalId);
    for (const { DependsOn = [] } of authorizers)
      expect(DependsOn.filter((one) => integrations.includes(one))).toHaveLength(1);
  });

  it('makes the stage after all routes and their responses', () => {
    const { DependsOn } = resource(from, 'AWS::ApiGatewayV2::Stage', api);
    expect(DependsOn).toEqual(expect.arrayContaining(steps.flat()));
  });
});
