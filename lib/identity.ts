import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountRecovery, Mfa, UserPool, type UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { ExternalIssuer } from './options.ts';

export interface IdentityProps {
  /** `undefined`: make a user pool. */
  readonly externalIssuer: ExternalIssuer | undefined;
  /** Whether a made user pool outlives the stack. */
  readonly retain: boolean;
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

  constructor(scope: Construct, id: string, props: IdentityProps) {
    super(scope, id);
    let source = props.externalIssuer;
    if (source === undefined) {
      this.userPool = makePool(this, props.retain);
      this.userPoolClient = makeClient(this.userPool);
      source = issuerOf(this.userPool, this.userPoolClient);
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
