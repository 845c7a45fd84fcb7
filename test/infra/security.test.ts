import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { describe, expect, it } from 'vitest';
import { ServerlessIm, type ServerlessImProps, ServerlessImStack } from '../../lib/index.ts';
import { resource, resources, synthesize } from './synth.ts';

const NO_BUNDLING = { 'aws:cdk:bundling-stacks': [] };
const BOUNDARY = 'arn:aws:iam::111122223333:policy/developers';
const WEB_ACL =
  'arn:aws:wafv2:us-east-1:111122223333:global/webacl/chat/a1b2c3d4-5678-90ab-cdef-EXAMPLE11111';

const everyPart: ServerlessImProps = {
  webPage: true,
  events: true,
  archive: true,
  historyRetention: Duration.days(30),
  attachmentScan: true,
  notifications: { webPush: { subject: 'mailto:ops@example.com' } },
};

const retentions = (template: Template) =>
  Object.fromEntries(
    resources(template, 'AWS::Logs::LogGroup').map(({ logicalId, Properties }) => [
      logicalId.replace(/^Chat|[0-9A-F]{8}$/g, ''),
      Properties['RetentionInDays'],
    ]),
  );

describe('deletion protection', () => {
  it('keeps every table and the user pool from being deleted, whether or not they outlive the stack', () => {
    const { template } = synthesize({ deletionProtection: true, retain: false });
    const tables = resources(template, 'AWS::DynamoDB::Table');
    expect(tables.map(({ Properties }) => Properties['DeletionProtectionEnabled'])).toEqual(
      tables.map(() => true),
    );
    expect(resource(template, 'AWS::Cognito::UserPool', 'Users').Properties['DeletionProtection']).toBe(
      'ACTIVE',
    );
  });

  it('is off unless it is asked for', () => {
    const { template } = synthesize();
    const kept = [
      ...resources(template, 'AWS::DynamoDB::Table'),
      ...resources(template, 'AWS::Cognito::UserPool'),
    ];
    expect(kept.filter(({ Properties }) => /DeletionProtection/.test(JSON.stringify(Properties)))).toEqual(
      [],
    );
  });

  it.each([true, false])('is %s for our own stack as for what is in it', (deletionProtection) => {
    const app = new App({ context: { ...NO_BUNDLING, userPool: true, deletionProtection } });
    expect(new ServerlessImStack(app, 'ServerlessIm').terminationProtection).toBe(deletionProtection);
  });
});

describe('the retention of logs', () => {
  it('is a month, and 400 days for who did what', () => {
    const { FunctionsAdminLogs, ...others } = retentions(synthesize(everyPart).template);
    expect(FunctionsAdminLogs).toBe(400);
    expect(new Set(Object.values(others))).toEqual(new Set([30]));
  });

  it.each([
    [7, 400],
    [545, 545],
  ])('of %i days is that of every log, but %i for who did what', (days, audit) => {
    const { template } = synthesize({ ...everyPart, logRetention: Duration.days(days) });
    const { FunctionsAdminLogs, ...others } = retentions(template);
    expect(FunctionsAdminLogs).toBe(audit);
    expect(Object.keys(others)).toEqual(
      expect.arrayContaining(['HttpAccessLogs', 'WebSocketAccessLogs', 'WebPageDeploymentLogs']),
    );
    expect(new Set(Object.values(others))).toEqual(new Set([days]));
  });
});

describe('a permissions boundary', () => {
  const boundaries = (template: Template) =>
    resources(template, 'AWS::IAM::Role').map(({ logicalId, Properties }) => [
      logicalId,
      Properties['PermissionsBoundary'],
    ]);

  it('is that of every role, those of functions that CDK makes, too', () => {
    const stack = new Stack(new App({ context: NO_BUNDLING }), 'Own');
    const permissionsBoundary = ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', BOUNDARY);
    new ServerlessIm(stack, 'Chat', { ...everyPart, permissionsBoundary });
    const found = boundaries(Template.fromStack(stack));
    expect(found.filter(([, boundary]) => boundary !== BOUNDARY)).toEqual([]);
    expect(found.map(([id]) => id)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('CustomCDKBucketDeployment'),
        expect.stringContaining('CustomS3AutoDeleteObjects'),
        expect.stringContaining('AccessLogRole'),
        expect.stringContaining('AttachmentScan'),
      ]),
    );
  });

  it('leaves the other roles of a stack alone', () => {
    const stack = new Stack(new App({ context: NO_BUNDLING }), 'Own');
    const permissionsBoundary = ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', BOUNDARY);
    new ServerlessIm(stack, 'Bound', { permissionsBoundary });
    new ServerlessIm(stack, 'Free', { accessLogRole: false });
    const [bound = [], free = []] = ['Bound', 'Free'].map((name) =>
      boundaries(Template.fromStack(stack)).filter(([id]) => String(id).startsWith(name)),
    );
    expect(new Set(bound.map(([, boundary]) => boundary))).toEqual(new Set([BOUNDARY]));
    expect(new Set(free.map(([, boundary]) => boundary))).toEqual(new Set([undefined]));
  });

  it('is that of a hook, too, whose function our own app makes', () => {
    const context = { userPool: true, beforeSend: 'examples/moderation/handler.ts' };
    const app = new App({ context: { ...NO_BUNDLING, ...context, permissionsBoundaryArn: BOUNDARY } });
    const found = boundaries(Template.fromStack(new ServerlessImStack(app, 'ServerlessIm')));
    expect(found.map(([id]) => id)).toContainEqual(expect.stringContaining('BeforeSend'));
    expect(new Set(found.map(([, boundary]) => boundary))).toEqual(new Set([BOUNDARY]));
  });
});

describe('a firewall', () => {
  it('judges requests for the web page', () => {
    const { template } = synthesize({ webPage: true, webAclArn: WEB_ACL });
    const { Properties } = resource(template, 'AWS::CloudFront::Distribution', 'WebPage');
    expect(Properties['DistributionConfig']).toMatchObject({ WebACLId: WEB_ACL });
  });
});
