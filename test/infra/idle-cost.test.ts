import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Key } from 'aws-cdk-lib/aws-kms';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { describe, expect, it } from 'vitest';
import { type BilledTemplate, idleDollars } from '../../bench/cost/idle.ts';
import { readPrices } from '../../bench/cost/prices.ts';
import type { ServerlessImProps } from '../../lib/index.ts';
import { REPOSITORY } from './run-node.ts';
import { EXTERNAL_ISSUER, resources, synthesize } from './synth.ts';

const prices = readPrices();
const idle = (props: ServerlessImProps) =>
  idleDollars(synthesize(props).template.toJSON() as BilledTemplate, prices);
const withResource = (resource: BilledTemplate['Resources'][string]) => {
  const template = synthesize(EXTERNAL_ISSUER).template.toJSON() as BilledTemplate;
  return idleDollars({ Resources: { ...template.Resources, More: resource } }, prices);
};

describe('a stack that nobody uses', () => {
  it.each([
    ['with a desk', {}],
    ['without a desk', { desk: false }],
    ['with an issuer', EXTERNAL_ISSUER],
    ['with the web page', { webPage: true }],
  ])(
    'costs less than two and a quarter dollars a month, and less than one with the free tier: %s',
    (_, props) => {
      const { list, withFreeTier } = idle(props);
      expect(list).toBeGreaterThan(0);
      expect(list).toBeLessThan(2.25);
      expect(withFreeTier).toBeLessThan(1);
    },
  );

  it('pays for the metrics of its alarms and for polls of its queues, and for nothing else', () => {
    const { usage } = idle(EXTERNAL_ISSUER);
    // Two pollers of three queues, five of the fan-out queue and of the tasks, three polls a minute.
    expect(usage).toEqual({ alarmMetric: 14, sqsRequest: (3 * 2 + 2 * 5) * 3 * 60 * 24 * 30 });
  });

  it('pays no more with what a security team asks for: keys and zones are the operator’s', () => {
    const stack = new Stack();
    const props: ServerlessImProps = {
      ...EXTERNAL_ISSUER,
      encryptionKey: Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-central-1:111122223333:key/chat'),
      domain: {
        name: 'api.example.com',
        webSocketName: 'ws.example.com',
        certificate: Certificate.fromCertificateArn(
          stack,
          'Certificate',
          'arn:aws:acm:eu-central-1:1:certificate/c',
        ),
        hostedZone: HostedZone.fromHostedZoneId(stack, 'Zone', 'Z1'),
      },
    };
    expect(idle(props)).toEqual(idle(EXTERNAL_ISSUER));
  });

  it('has no metric that is billed from the first use on, such as those of each route', () => {
    const { template } = synthesize(EXTERNAL_ISSUER);
    for (const { Properties } of resources(template, 'AWS::ApiGatewayV2::Stage')) {
      expect(Properties['DefaultRouteSettings']).toMatchObject({ DetailedMetricsEnabled: false });
    }
  });

  it.each([
    { Type: 'AWS::KMS::Key' },
    { Type: 'AWS::SecretsManager::Secret' },
    { Type: 'AWS::Lambda::Alias', Properties: { ProvisionedConcurrencyConfig: {} } },
    { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PROVISIONED' } },
    { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PAY_PER_REQUEST', SSESpecification: {} } },
    { Type: 'AWS::Lambda::EventSourceMapping', Properties: { ProvisionedPollerConfig: {} } },
  ])('has no resource whose idle price is not known: $Type $Properties', (resource) => {
    expect(() => withResource(resource)).toThrow(`What do these cost while idle? ${resource.Type}`);
  });

  it('costs the dollars in docs/operations.md and README.md', () => {
    const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8').replaceAll(/\s+/g, ' ');
    const [desk, none] = [idle(EXTERNAL_ISSUER), idle({ ...EXTERNAL_ISSUER, desk: false })];
    const money = (dollars: number) => `$${dollars.toFixed(2)}`;
    expect(read('docs/operations.md')).toContain(
      `${money(desk.list)} a month, or ${money(none.list)} without a desk. With AWS's free tier ${money(desk.withFreeTier)}, or ${money(none.withFreeTier)}`,
    );
    expect(read('README.md')).toContain(`[${money(desk.list)} a month](docs/operations.md#alarms)`);
  });
});
