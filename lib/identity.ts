import { Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountRecovery, Mfa, OAuthScope, UserPool, type UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { ExternalIssuer, WebPageOptions } from './options.ts';
import type { WebPageSignIn } from './web-page.ts';

export interface IdentityProps {
  /** `undefined`: make a user pool. */
  readonly externalIssuer: ExternalIssuer | undefined;
  /** Whether a made user pool outlives the stack. */
  readonly retain: boolean;
  /** The page whose users sign in here, if there is one; its URL may be a token. */
  readonly webPage: (WebPageOptions & { readonly url: string }) | undefined;
}

/** Whose tokens are accepted: the given issuer's, else the access tokens of a user pool made here. */
export class Identity extends Construct {
  readonly issuer: string;
  /** `aud`, or for tokens without it (Cognito access tokens) `client_id`. */
  readonly audience: readonly string[];
  readonly jwksUri: string;
  /** The made pool, if any. */
  readonly userPool: UserPool | undefined;
  /** The made pool's client, if any. */
  readonly userPoolClient: UserPoolClient | undefined;
  /** How the web page's users sign in, if there is a page. */
  readonly webPageSignIn: WebPageSignIn | undefined;

  constructor(scope: Construct, id: string, props: IdentityProps) {
    super(scope, id);
    const { externalIssuer, retain, webPage } = props;
    let source = externalIssuer;
    if (externalIssuer !== undefined) this.webPageSignIn = webPage && signInAt(externalIssuer, webPage);
    if (source === undefined) {
      this.userPool = makePool(this, retain);
      this.userPoolClient = makeClient(this.userPool);
      source = issuerOf(this.userPool, this.userPoolClient);
    }
    if (webPage !== undefined && this.userPool !== undefined) {
      this.webPageSignIn = signInToPool(this.userPool, source.issuer, webPage.url);
      source = { ...source, audience: [...source.audience, this.webPageSignIn.clientId] };
    }
    this.issuer = source.issuer;
    this.audience = source.audience;
    this.jwksUri = source.jwksUri;
  }
}

/** Users are made by an administrator, by name; whoever wants more brings an own issuer. */
function makePool(scope: Construct, retain: boolean): UserPool {
  const pool = new UserPool(scope, 'Users', {
    selfSignUpEnabled: false,
    signInAliases: { username: true },
    // Else "Bob" and "bob" would be two people.
    signInCaseSensitive: false,
    passwordPolicy: {
      minLength: 12,
      requireLowercase: true,
      requireUppercase: true,
      requireDigits: true,
      requireSymbols: true,
    },
    mfa: Mfa.OPTIONAL,
    mfaSecondFactor: { otp: true, sms: false },
    accountRecovery: AccountRecovery.EMAIL_ONLY,
    removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  acknowledge(
    pool,
    'AwsSolutions-COG2',
    'Each user may enrol a TOTP app; to force all would shut out first steps by CLI.',
  );
  acknowledge(
    pool,
    'AwsSolutions-COG8',
    'The Plus plan is billed per user; the pool is for a start without an issuer.',
  );
  return pool;
}

function makeClient(pool: UserPool): UserPoolClient {
  return pool.addClient('Client', {
    generateSecret: false,
    // SRP for apps; the plain password flow so that `aws cognito-idp initiate-auth` can fetch a token.
    authFlows: { userSrp: true, userPassword: true },
    disableOAuth: true,
    preventUserExistenceErrors: true,
  });
}

/** docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html */
function issuerOf(pool: UserPool, client: UserPoolClient): ExternalIssuer {
  const { region } = Stack.of(pool);
  const issuer = `https://cognito-idp.${region}.amazonaws.com/${pool.userPoolId}`;
  return { issuer, audience: [client.userPoolClientId], jwksUri: `${issuer}/.well-known/jwks.json` };
}

function signInAt({ issuer }: ExternalIssuer, { clientId = '', scope }: WebPageOptions): WebPageSignIn {
  return { issuer, clientId, scope, origins: [new URL(issuer).origin] };
}

/** The pool's own sign-in page, and a client for the code flow of a page that can keep no secret. */
function signInToPool(pool: UserPool, issuer: string, pageUrl: string): WebPageSignIn {
  const stack = Stack.of(pool);
  // Names of such domains are the region's: the stack's own id is nobody else's.
  const domainPrefix = `im-${Fn.select(2, Fn.split('/', stack.stackId))}`;
  const domain = pool.addDomain('SignIn', { cognitoDomain: { domainPrefix } });
  const client = pool.addClient('WebPage', {
    generateSecret: false,
    authFlows: {},
    oAuth: {
      flows: { authorizationCodeGrant: true },
      scopes: [OAuthScope.OPENID],
      callbackUrls: [`${pageUrl}/`],
    },
    preventUserExistenceErrors: true,
  });
  const origins = [`https://cognito-idp.${stack.region}.${stack.urlSuffix}`, domain.baseUrl()];
  return { issuer, clientId: client.userPoolClientId, scope: 'openid', origins };
}
