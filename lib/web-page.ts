import { Aws, Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  ResponseHeadersPolicy,
  S3OriginAccessControl,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import {
  BucketDeployment,
  type BucketDeploymentProps,
  CacheControl,
  Source,
} from 'aws-cdk-lib/aws-s3-deployment';
import { Construct, type IConstruct } from 'constructs';
import {
  contentSecurityPolicy,
  IMMUTABLE_CACHE,
  IMMUTABLE_PATH,
  type PageOrigins,
  REVALIDATED_CACHE,
  VIEWS,
  widgetAncestors,
} from '../web/serving.ts';
import { acknowledge, finding } from './acknowledge.ts';
import { webPageSource } from './bundling/web-page-source.ts';
import type { EncryptionProps } from './encryption.ts';
import { PRIVATE_BUCKET } from './private-bucket.ts';

/** How users of the page sign in: code flow with PKCE, by a public client. */
export interface WebPageSignIn {
  /** The issuer, with a discovery document. */
  readonly issuer: string;
  readonly clientId: string;
  /** Scopes separated by spaces. */
  readonly scope: string;
  /** Origins of the discovery document and the token endpoint, which the page fetches. */
  readonly origins: readonly string[];
}

export interface WebPageProps extends EncryptionProps {
  readonly webSocketUrl: string;
  readonly httpUrl: string;
  readonly signIn: WebPageSignIn;
  /** Origins whose pages may embed the widget, besides the page's own. */
  readonly widgetOrigins: readonly string[];
  /** @default - users can't send files */
  readonly files?: WebPageFiles | undefined;
  /** Whether browsers can be notified. */
  readonly webPush: boolean;
  /** How long the log of the deployments is kept. */
  readonly logRetention: RetentionDays;
  /** @default - no firewall */
  readonly webAclArn: string | undefined;
}

/** The files that users may send. */
export interface WebPageFiles {
  /** The origin of their bucket. */
  readonly origin: string;
  readonly maxBytes: number;
  /** Media types; empty: any. */
  readonly types: readonly string[];
}

/**
 * The chat's web page: files in a private bucket, served by CloudFront with the same headers as by the local server. Its
 * `config.json` has the URLs of this stack, so all other files are the same in every deployment.
 */
export class WebPage extends Construct {
  /** The CloudFront distribution, e.g. to add a domain. */
  readonly distribution: Distribution;
  /** The page's origin: `https://…` without a trailing slash. */
  readonly url: string;
  /** CDK's own functions that fill and empty the bucket, one of each in a stack. */
  readonly helpers: readonly IConstruct[];

  constructor(scope: Construct, id: string, props: WebPageProps) {
    super(scope, id);
    const { webSocketUrl, httpUrl, signIn, widgetOrigins, files, webPush, webAclArn, encryptionKey } = props;
    const bucket = new Bucket(this, 'Files', {
      ...PRIVATE_BUCKET,
      // Everyone may read its files: a key of the operator's would protect nothing.
      // A deployment recreates all of its files.
      removalPolicy: RemovalPolicy.DESTROY,
      // The deployment below does not empty it when the stack is deleted (aws-cdk issue 33397).
      autoDeleteObjects: true,
    }) as IBucket;
    acknowledge(bucket, 'AwsSolutions-S1', 'Only CloudFront reads it, and its files are public.');
    const origins = { connect: [httpUrl, webSocketUrl, ...signIn.origins], files: files?.origin };
    // These names are unique per account across regions, but CDK generates the same name in each region.
    const name = (id: string) => `${Names.uniqueResourceName(this, { maxLength: 30 })}-${id}-${Aws.REGION}`;
    const origin = S3BucketOrigin.withOriginAccessControl(bucket, {
      originAccessControl: new S3OriginAccessControl(this, 'Access', {
        originAccessControlName: name('Access'),
      }),
    });
    const behavior = (responseHeadersPolicy: ResponseHeadersPolicy): BehaviorOptions => ({
      origin,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      cachePolicy: CachePolicy.CACHING_OPTIMIZED,
      responseHeadersPolicy,
    });
    // A policy's headers come with every answer: for a year, a browser would believe that a file is missing.
    const assets = headers(this, 'AssetHeaders', name, origins);
    const page = headers(this, 'Headers', name, { ...origins, cacheControl: REVALIDATED_CACHE });
    const embeddable = headers(this, 'WidgetHeaders', name, {
      ...origins,
      cacheControl: REVALIDATED_CACHE,
      frameAncestors: widgetAncestors(widgetOrigins),
    });
    const toIndex = {
      eventType: FunctionEventType.VIEWER_REQUEST,
      function: new EdgeFunction(this, 'Views', {
        comment: 'Serves the one page at the paths of its views',
        runtime: FunctionRuntime.JS_2_0,
        code: FunctionCode.fromInline(TO_INDEX),
      }),
    };
    const views = Object.entries(VIEWS).map(([path, { isEmbeddable }]) => {
      const view = { ...behavior(isEmbeddable ? embeddable : page), functionAssociations: [toIndex] };
      return [path, view] as const;
    });
    this.distribution = new Distribution(this, 'Distribution', {
      comment: 'The web page of the chat',
      defaultRootObject: 'index.html',
      httpVersion: HttpVersion.HTTP2_AND_3,
      ...(webAclArn !== undefined && { webAclId: webAclArn }),
      defaultBehavior: behavior(page),
      additionalBehaviors: { [`${IMMUTABLE_PATH}*`]: behavior(assets), ...Object.fromEntries(views) },
    });
    acknowledgeDistribution(this.distribution);
    this.url = `https://${this.distribution.distributionDomainName}`;
    const { issuer, clientId, scope: oidcScope } = signIn;
    const auth = { kind: 'oidc', issuer, clientId, scope: oidcScope };
    const limits = files && { maxBytes: files.maxBytes, types: files.types };
    const base = { wsUrl: webSocketUrl, httpUrl, auth, widgetOrigins, webPush };
    const config = { ...base, ...(limits && { files: limits }) };
    const source = webPageSource();
    const common: Omit<BucketDeploymentProps, 'sources'> = {
      destinationBucket: bucket,
      // CDK's own choice would keep them for two years, and after the stack.
      logGroup: new LogGroup(this, 'DeploymentLogs', {
        retention: props.logRetention,
        ...(encryptionKey && { encryptionKey }),
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    };
    // First what the new page loads. What the old one may still load stays.
    const assetDeployment = new BucketDeployment(this, 'AssetDeployment', {
      ...common,
      sources: [source],
      exclude: ['*'],
      include: [`${IMMUTABLE_PATH}*`],
      cacheControl: [CacheControl.fromString(IMMUTABLE_CACHE)],
      prune: false,
    });
    const deployment = new BucketDeployment(this, 'Deployment', {
      ...common,
      sources: [source, Source.jsonData('config.json', config)],
      exclude: [`${IMMUTABLE_PATH}*`],
      // Invalidates the cache, which otherwise serves the old files for a day.
      distribution: this.distribution,
    });
    deployment.node.addDependency(assetDeployment);
    const filler = fillerOf(deployment);
    acknowledgeDeployment(filler, bucket);
    this.helpers = [filler, emptierIn(Stack.of(this))];
  }
}

/** CloudFront Functions run ES 5.1 with few additions. Destructuring would make every view a 503. */
const TO_INDEX = `function handler(event) {
  var request = event.request;
  request.uri = '/index.html';
  return request;
}`;

function headers(
  scope: Construct,
  id: string,
  nameOf: (id: string) => string,
  { cacheControl, ...origins }: PageOrigins & { readonly cacheControl?: string },
): ResponseHeadersPolicy {
  const frameOptions = { frameOption: HeadersFrameOption.DENY, override: true };
  return new ResponseHeadersPolicy(scope, id, {
    responseHeadersPolicyName: nameOf(id),
    securityHeadersBehavior: {
      contentSecurityPolicy: { contentSecurityPolicy: contentSecurityPolicy(origins), override: true },
      contentTypeOptions: { override: true },
      // For browsers without `frame-ancestors`. It has no word for a list of origins.
      ...(origins.frameAncestors === undefined && { frameOptions }),
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
    },
    // For browsers. CloudFront keeps its cache until the next deployment.
    ...(cacheControl !== undefined && {
      customHeadersBehavior: {
        customHeaders: [{ header: 'cache-control', value: cacheControl, override: true }],
      },
    }),
  });
}

function acknowledgeDistribution(distribution: Distribution): void {
  const reasons = {
    'AwsSolutions-CFR1': 'The page is for all users of the chat; restricting countries is up to the app.',
    'AwsSolutions-CFR2': 'Static files without a backend: a firewall has nothing to protect.',
    'AwsSolutions-CFR3': 'The files are public and the same for all users; the APIs have access logs.',
    'AwsSolutions-CFR4': "CloudFront's default certificate has no such setting; a custom domain's has.",
  };
  for (const [rule, reason] of Object.entries(reasons)) acknowledge(distribution, rule, reason);
}

/** CDK uploads the files with a function of its own, one per stack. CDK chooses its role and runtime. */
function fillerOf(deployment: BucketDeployment): IConstruct {
  const { scope } = deployment.handlerRole.node;
  if (scope === undefined) throw new Error('The deployment has no function');
  return scope;
}

/** Of the bucket's `autoDeleteObjects`. */
function emptierIn(stack: Stack): IConstruct {
  return stack.node.findChild('Custom::S3AutoDeleteObjectsCustomResourceProvider');
}

function acknowledgeDeployment(scope: IConstruct, bucket: IBucket): void {
  const stack = Stack.of(scope);
  const assets = `cdk-${stack.synthesizer.bootstrapQualifier}-assets-${stack.account}-${stack.region}`;
  const actions = ['GetBucket*', 'GetObject*', 'List*', 'Abort*', 'DeleteObject*'];
  const details = [
    ...actions.map((action) => `Action::s3:${action}`),
    `Resource::arn:${Aws.PARTITION}:s3:::${assets}/*`,
    `Resource::${bucket.arnForObjects('*')}`,
    'Resource::*',
  ];
  const reason =
    "CDK's own function: it reads this app's assets, fills this bucket, and invalidates CloudFront's cache.";
  for (const detail of details) acknowledge(scope, finding(scope, 'AwsSolutions-IAM5', detail), reason);
  const policy = ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaBasicExecutionRole');
  acknowledge(scope, finding(scope, 'AwsSolutions-IAM4', `Policy::${policy.managedPolicyArn}`), reason);
  acknowledge(scope, 'AwsSolutions-L1', reason);
}
