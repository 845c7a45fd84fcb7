import { Fn, Stack } from 'aws-cdk-lib';
import { AccountRecovery, Mfa, OAuthScope, UserPool, type UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { ExternalIssuer, WebPageOptions } from './props.ts';
import { removalPolicyOf } from './removal-policy.ts';
import type { WebPageSignIn } from './web-page.ts';

export interface IdentityProps {
  /** If `undefined`, creates a user pool. */
  readonly externalIssuer: ExternalIssuer | undefined;
  /** Whether the created user pool is kept when the stack is deleted. */
  readonly retain: boolean;
  /** Whether the created user pool refuses to be deleted. */
  readonly deletionProtection: boolean;
  /** The web page whose users sign in here, if there is one. Its URL may be a CDK token. */
  readonly webPage: (WebPageOptions & { readonly url: string }) | undefined;
}

/** The issuer of accepted tokens: the given one, or a Cognito user pool created here. */
export class Identity extends Construct {
  /** The `iss` of accepted tokens. */
  readonly issuer: string;
  /** Accepted values of `aud`, or of `client_id` if a token has no `aud` (Cognito access tokens). */
  readonly audience: readonly string[];
  /** URL of the issuer's keys; `undefined`: its discovery document names it. */
  readonly jwksUri: string | undefined;
  /** The created user pool; `undefined` with an `issuer`. */
  readonly userPool: UserPool | undefined;
  /** The client of the created user pool, for apps; `undefined` with an `issuer`. */
  readonly userPoolClient: UserPoolClient | undefined;
  /** How the users of the web page sign in; `undefined` without a page. */
  readonly webPageSignIn: WebPageSignIn | undefined;

  constructor(scope: Construct, id: string, props: IdentityProps) {
    super(scope, id);
    const { externalIssuer, webPage } = props;
    let source = externalIssuer;
    if (externalIssuer !== undefined) this.webPageSignIn = webPage && signInAt(externalIssuer, webPage);
    if (source === undefined) {
      this.userPool = makePool(this, props);
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

/** Only administrators create users. For anything else, configure an `issuer`. */
function makePool(scope: Construct, { retain, deletionProtection }: IdentityProps): UserPool {
  const pool = new UserPool(scope, 'Users', {
    selfSignUpEnabled: false,
    signInAliases: { username: true },
    // Otherwise "Bob" and "bob" are two users.
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
    ...(deletionProtection && { deletionProtection }),
    removalPolicy: removalPolicyOf({ retain }),
  });
  acknowledge(
    pool,
    'AwsSolutions-COG2',
    'Users may enrol a TOTP app; requiring it would prevent a first sign-in by CLI.',
  );
  acknowledge(
    pool,
    'AwsSolutions-COG8',
    'The Plus plan is billed per user; this pool is for a first start without an issuer.',
  );
  return pool;
}

function makeClient(pool: UserPool): UserPoolClient {
  return pool.addClient('Client', {
    generateSecret: false,
    // SRP for apps: no password leaves the device. By a password only whom IAM lets, as the command `token` does for tests.
    authFlows: { userSrp: true, adminUserPassword: true },
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

/** Adds the pool's sign-in page, and a client without a secret for the code flow. */
function signInToPool(pool: UserPool, issuer: string, pageUrl: string): WebPageSignIn {
  const stack = Stack.of(pool);
  // Domain prefixes are unique per region, and so is the stack's id.
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
