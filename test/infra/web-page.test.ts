import { describe, expect, it } from 'vitest';
import { EXTERNAL_ISSUER, resource, resources, synthesize } from './synth.ts';

const text = (value: unknown) => JSON.stringify(value);

describe('without webPage', () => {
  it('the stack has no page, and no CDK function to fill it', () => {
    const { template, chat } = synthesize();
    expect(chat.webPage).toBeUndefined();
    expect(resources(template, 'AWS::CloudFront::Distribution')).toEqual([]);
    expect(resources(template, 'AWS::S3::Bucket').map(({ logicalId }) => logicalId)).toEqual([
      expect.stringContaining('Attachments'),
      expect.stringContaining('Exports'),
    ]);
  });
});

/** The policy with `BUCKET` in place of this reference. */
function policyIn(properties: unknown, reference: object): string {
  return text(properties)
    .replaceAll(`",${text(reference)},"`, 'BUCKET')
    .replaceAll('\\"', '"');
}

describe('the web page', () => {
  const widgetOrigins = ['https://shop.example.com', 'https://help.example.com'];
  const { template } = synthesize({ webPage: true, widgetOrigins });
  const distribution = resource(template, 'AWS::CloudFront::Distribution', 'WebPage');
  const origin = { 'Fn::GetAtt': [distribution.logicalId, 'DomainName'] };

  it('lies in a bucket that only its distribution reads', () => {
    expect(resource(template, 'AWS::S3::Bucket', 'Files').Properties).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    });
    expect(resources(template, 'AWS::CloudFront::OriginAccessControl')).not.toEqual([]);
  });

  it('leaves no log group behind but that of the audit, and that of the function of CDK that empties the bucket last', () => {
    const left = resources(template, 'AWS::Logs::LogGroup').filter(
      ({ DeletionPolicy, Properties }) => DeletionPolicy !== 'Delete' || Properties['RetentionInDays'] !== 30,
    );
    expect(left.map(({ logicalId }) => logicalId)).toEqual([expect.stringContaining('FunctionsAdminLogs')]);
    const withoutGroup = resources(template, 'AWS::Lambda::Function').filter(
      ({ Properties }) => !('LoggingConfig' in Properties),
    );
    expect(withoutGroup.map(({ logicalId }) => logicalId)).toEqual([
      expect.stringContaining('CustomS3AutoDelete'),
    ]);
  });

  it('may talk to this chat and its issuer, and run nothing except its own files', () => {
    const policies = resources(template, 'AWS::CloudFront::ResponseHeadersPolicy');
    expect(policies).toHaveLength(3);
    for (const { Properties } of policies) {
      const all = text(Properties);
      expect(all).toContain("default-src 'none'; script-src 'self'");
      expect(all).toContain('wss://');
      expect(all).toContain('.auth.');
      expect(all).not.toContain('unsafe');
    }
  });

  it('is kept for a year by browsers as far as its names have hashes, but never the answer that such a file is missing', () => {
    expect(text(resources(template, 'AWS::CloudFront::ResponseHeadersPolicy'))).not.toContain('immutable');
    const deployments = resources(template, 'Custom::CDKBucketDeployment');
    expect(deployments.map(({ Properties }) => Properties)).toMatchObject([
      {
        ...{ Exclude: ['*'], Include: ['assets/*'], Prune: false },
        SystemMetadata: { 'cache-control': 'public, max-age=31536000, immutable' },
      },
      { Exclude: ['assets/*'], Prune: true },
    ]);
  });

  it('gets the files that a new release loads before its index, and keeps those that an open page may still load', () => {
    const [assets, page] = resources(template, 'Custom::CDKBucketDeployment');
    expect(assets?.Properties['Prune']).toBe(false);
    expect(page?.DependsOn).toContain(assets?.logicalId);
  });

  it('shows pictures, sounds, and videos of the bucket of files, uploads to it, and embeds nothing of it', () => {
    const bucket = resource(template, 'AWS::S3::Bucket', 'Attachments');
    const address = { 'Fn::GetAtt': [bucket.logicalId, 'RegionalDomainName'] };
    for (const { Properties } of resources(template, 'AWS::CloudFront::ResponseHeadersPolicy')) {
      const directives = policyIn(Properties, address).split('; ');
      const naming = directives.filter((directive) => directive.includes('https://BUCKET'));
      expect(naming.map((directive) => directive.split(' ')[0])).toEqual([
        'img-src',
        'media-src',
        'connect-src',
      ]);
      expect(directives).toContain("frame-src 'self'");
    }
    const [without] = resources(
      synthesize({ webPage: true, attachments: false }).template,
      'AWS::CloudFront::ResponseHeadersPolicy',
    );
    expect(text(without?.Properties)).not.toMatch(/media-src|blob:/);
  });

  it('has its views at separate paths, of which only the customer’s widget may be framed, by the allowed pages', () => {
    const { CacheBehaviors } = distribution.Properties['DistributionConfig'] as {
      CacheBehaviors: readonly {
        PathPattern: string;
        ResponseHeadersPolicyId: { Ref: string };
        FunctionAssociations?: readonly { EventType: string }[];
      }[];
    };
    const policies = resources(template, 'AWS::CloudFront::ResponseHeadersPolicy');
    const ancestorsOf = (path: string) => {
      const behavior = CacheBehaviors.find(({ PathPattern }) => PathPattern === path);
      expect(behavior?.FunctionAssociations).toMatchObject([{ EventType: 'viewer-request' }]);
      const policy = policies.find(({ logicalId }) => logicalId === behavior?.ResponseHeadersPolicyId.Ref);
      const all = text(policy?.Properties);
      expect(all.includes("frame-ancestors 'none'")).toBe(all.includes('"FrameOption":"DENY"'));
      return /frame-ancestors ([^;]*);/.exec(all)?.[1];
    };
    expect({ desk: ancestorsOf('desk'), widget: ancestorsOf('widget') }).toEqual({
      desk: "'none'",
      widget: "'self' https://shop.example.com https://help.example.com",
    });
    const { FunctionCode } = resource(template, 'AWS::CloudFront::Function', 'Views').Properties;
    const run = new Function(`${FunctionCode}; return handler({ request: { uri: '/desk', method: 'GET' } })`);
    expect(run()).toEqual({ uri: '/index.html', method: 'GET' });
    // A function that its runtime cannot parse is a 503 at the edge, not a failed deployment.
    expect(FunctionCode).not.toMatch(/=>|\blet\b|\bconst\b|\(\s*[{[]|\bof\b|\?\./);
  });

  it('lets no other origin embed the widget unless the options name it', () => {
    const policies = resources(
      synthesize({ webPage: true }).template,
      'AWS::CloudFront::ResponseHeadersPolicy',
    );
    const ancestors = policies.map(
      ({ Properties }) => /frame-ancestors ([^;]*);/.exec(text(Properties))?.[1],
    );
    expect(ancestors.toSorted()).toEqual(["'none'", "'none'", "'self'"]);
  });

  it('is the only place that browsers may connect from', () => {
    const { Variables } = resource(template, 'AWS::Lambda::Function', 'Authorize').Properties[
      'Environment'
    ] as {
      Variables: Record<string, unknown>;
    };
    expect(Variables['ALLOWED_ORIGINS']).toEqual({ 'Fn::Join': ['', ['https://', origin]] });
  });

  it('signs users in by the code flow at a domain of the pool, with a client whose tokens both APIs accept', () => {
    const client = resource(template, 'AWS::Cognito::UserPoolClient', 'WebPage');
    expect(client.Properties).toMatchObject({
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid'],
      CallbackURLs: [{ 'Fn::Join': ['', ['https://', origin, '/']] }],
      GenerateSecret: false,
    });
    expect(resources(template, 'AWS::Cognito::UserPoolDomain')).toHaveLength(1);
    for (const name of ['Authorize', 'Http', 'Poll']) {
      const { Environment } = resource(template, 'AWS::Lambda::Function', `Functions${name}`).Properties;
      const { AUDIENCE } = (Environment as { Variables: Record<string, unknown> }).Variables;
      expect(text(AUDIENCE)).toContain(text({ Ref: client.logicalId }));
    }
  });

  it('reads from config.json where the chat and its issuer are', () => {
    const [, deployment] = resources(template, 'Custom::CDKBucketDeployment');
    expect(text(deployment?.Properties['SourceMarkers'])).toContain('WebSocket');
  });

  it('signs users in at the given issuer, as the given client', () => {
    const { template: own } = synthesize({ ...EXTERNAL_ISSUER, webPage: true, webPageClientId: 'page' });
    expect(resources(own, 'AWS::Cognito::UserPoolClient')).toEqual([]);
    const [policy] = resources(own, 'AWS::CloudFront::ResponseHeadersPolicy');
    expect(text(policy?.Properties)).toContain('https://issuer.example.com');
  });

  it.each([
    [{ ...EXTERNAL_ISSUER, webPage: true }, 'webPage with an issuer needs webPageClientId'],
    [{ webPageClientId: 'page' }, 'webPageClientId and webPageScope need webPage and an issuer'],
    [{ widgetOrigins: ['https://shop.example.com'] }, 'widgetOrigins needs webPage'],
    [{ webPage: true, widgetOrigins: ['*', 'https://a.example'] }, "widgetOrigins: '*' must stand alone"],
    [{ webPage: true, widgetOrigins: ['https://*.example'] }, 'widgetOrigins must hold origins like'],
    [{ webPage: true, widgetOrigins: ['https://a;script-src'] }, 'widgetOrigins must hold origins like'],
  ])('needs all of its options: %j', (props, fault) => {
    expect(() => synthesize(props)).toThrow(fault);
  });
});
