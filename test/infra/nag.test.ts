import { App, Duration, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import type { ServerlessImProps } from '../../lib/index.ts';
import { EXTERNAL_ISSUER, synthesizeAnew } from './synth.ts';

const WHERE = new Stack();
const SECURE: ServerlessImProps = {
  webPage: true,
  events: true,
  archive: true,
  historyRetention: Duration.days(30),
  attachmentScan: true,
  diagnostics: ['traces'],
  encryptionKey: Key.fromKeyArn(WHERE, 'Key', 'arn:aws:kms:eu-central-1:111122223333:key/chat'),
  permissionsBoundary: ManagedPolicy.fromManagedPolicyName(WHERE, 'Boundary', 'developers'),
  deletionProtection: true,
  logRetention: Duration.days(365),
  domain: {
    name: 'api.example.com',
    webSocketName: 'ws.example.com',
    certificate: Certificate.fromCertificateArn(
      WHERE,
      'Certificate',
      'arn:aws:acm:eu-central-1:1:certificate/c',
    ),
    hostedZone: HostedZone.fromHostedZoneId(WHERE, 'Zone', 'Z1'),
  },
  webAclArn: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/chat/1',
};

function findingsIn(app: App): string[] {
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
  );
}

describe('cdk-nag AwsSolutions', () => {
  const variants: [string, ServerlessImProps, { env?: { region: string } }][] = [
    ['with the made user pool', {}, {}],
    ['with an issuer', EXTERNAL_ISSUER, {}],
    ['with web origins, and nothing kept', { allowedOrigins: ['*'], retain: false }, {}],
    ['in a fixed region', {}, { env: { region: 'eu-central-1' } }],
    ['with the web page', { webPage: true }, {}],
    ['with the web page and an issuer', { ...EXTERNAL_ISSUER, webPage: true, webPageClientId: 'page' }, {}],
    [
      'with notifications',
      {
        notifications: {
          webPush: { subject: 'mailto:ops@example.com' },
          apnsPlatformArn: 'arn:aws:sns:eu-central-1:111122223333:app/APNS/chat',
        },
      },
      {},
    ],
    ['with events and an archive', { events: true, archive: true, historyRetention: Duration.days(30) }, {}],
    ['with all that a security team asks for', SECURE, {}],
    ['in China', {}, { env: { region: 'cn-north-1' } }],
  ];
  it.each(variants)('finds nothing %s without a reason beside it', (_, props, stackProps) => {
    expect(findingsIn(synthesizeAnew(props, stackProps).app)).toEqual([]);
  });

  it('would report a careless queue', () => {
    const app = new App();
    new Queue(new Stack(app, 'Test'), 'Careless');
    expect(findingsIn(app)).toEqual(expect.arrayContaining([expect.stringContaining('AwsSolutions-SQS4')]));
  });
});
