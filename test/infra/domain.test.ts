import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { describe, expect, it } from 'vitest';
import { type Domain, ServerlessIm } from '../../lib/index.ts';
import { EXTERNAL_ISSUER, ofApi, resource, resources } from './synth.ts';

const CERTIFICATE = 'arn:aws:acm:eu-central-1:111122223333:certificate/chat';

function withDomain(others: Partial<Domain> = {}) {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Own');
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', CERTIFICATE);
  const names = { name: 'api.example.com', webSocketName: 'ws.example.com' };
  const chat = new ServerlessIm(stack, 'Chat', {
    webPage: true,
    domain: {
      ...names,
      certificate,
      hostedZone: HostedZone.fromHostedZoneId(stack, 'Zone', 'Z1'),
      ...others,
    },
  });
  return { chat, template: Template.fromStack(stack) };
}

describe('names of your own', () => {
  const { chat, template } = withDomain();

  it.each([
    ['Http', 'api.example.com', '$default'],
    ['WebSocket', 'ws.example.com', 'prod'],
  ])('lead to the stage of the %s API, by TLS 1.2 at least, once the stage is there', (api, name, stage) => {
    const domain = resource(template, 'AWS::ApiGatewayV2::DomainName', api);
    expect(domain.Properties).toEqual({
      DomainName: name,
      DomainNameConfigurations: [
        { CertificateArn: CERTIFICATE, EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' },
      ],
    });
    template.hasResource('AWS::ApiGatewayV2::ApiMapping', {
      Properties: {
        ApiId: { Ref: resource(template, 'AWS::ApiGatewayV2::Api', api).logicalId },
        DomainName: { Ref: domain.logicalId },
        Stage: stage,
      },
      DependsOn: [resource(template, 'AWS::ApiGatewayV2::Stage', api).logicalId],
    });
    template.hasResourceProperties('AWS::Route53::RecordSet', {
      Name: `${name}.`,
      HostedZoneId: 'Z1',
      AliasTarget: { DNSName: { 'Fn::GetAtt': [domain.logicalId, 'RegionalDomainName'] } },
    });
  });

  const variablesOf = (fn: string) => {
    const { Properties } = resource(template, 'AWS::Lambda::Function', fn);
    return (Properties['Environment'] as { Variables: Record<string, unknown> }).Variables;
  };

  it('are what clients are told: by the construct, the page, and `GET /session` (IM-POLL)', () => {
    expect([chat.http.url, chat.webSocket.url]).toEqual(['https://api.example.com', 'wss://ws.example.com']);
    expect(variablesOf('FunctionsHttp')['WEBSOCKET_URL']).toBe('wss://ws.example.com');
    const policies = JSON.stringify(resources(template, 'AWS::CloudFront::ResponseHeadersPolicy'));
    expect(policies).toContain('https://api.example.com wss://ws.example.com');
  });

  it('are not those by which functions send to connections: these are of the API, as their permissions are', () => {
    const api = resource(template, 'AWS::ApiGatewayV2::Api', 'WebSocket').logicalId;
    const endpoint = ['https://', { Ref: api }, '.execute-api.', { Ref: 'AWS::Region' }, '.'];
    expect(variablesOf('FunctionsSocket')['AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI']).toEqual({
      'Fn::Join': ['', [...endpoint, { Ref: 'AWS::URLSuffix' }, '/prod']],
    });
    expect(ofApi(template, 'WebSocket', 'Stage')).toHaveLength(1);
  });

  const closed = (from: Template) =>
    ['Http', 'WebSocket'].map(
      (api) => resource(from, 'AWS::ApiGatewayV2::Api', api).Properties['DisableExecuteApiEndpoint'],
    );

  it('are the only ones of the HTTP API, unless it keeps that of API Gateway, too', () => {
    expect(closed(template)).toEqual([true, undefined]);
    expect(closed(withDomain({ keepDefaultName: true }).template)).toEqual([false, undefined]);
  });

  it('leave room for two chats with all that a security team asks for in one stack, which may have 500 resources', () => {
    const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Own');
    const certificate = Certificate.fromCertificateArn(stack, 'Certificate', CERTIFICATE);
    const hostedZone = HostedZone.fromHostedZoneId(stack, 'Zone', 'Z1');
    const encryptionKey = new Key(stack, 'Key');
    const permissionsBoundary = ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'developers');
    for (const chat of ['sales', 'support'])
      new ServerlessIm(stack, chat, {
        ...EXTERNAL_ISSUER,
        ...{ encryptionKey, permissionsBoundary, accessLogRole: chat === 'sales' },
        ...{ deletionProtection: true, logRetention: Duration.days(365) },
        domain: {
          name: `${chat}.example.com`,
          webSocketName: `${chat}-ws.example.com`,
          certificate,
          hostedZone,
        },
      });
    expect(Object.keys(Template.fromStack(stack).toJSON()['Resources']).length).toBeLessThan(500);
  });

  it('get no records without a zone: whoever has it needs to know where they lead', () => {
    const { chat: own, template: without } = withDomain({ hostedZone: undefined });
    expect(resources(without, 'AWS::Route53::RecordSet')).toEqual([]);
    expect(own.http.domainTarget).toBeDefined();
    expect(own.webSocket.domainTarget).toBeDefined();
  });
});
