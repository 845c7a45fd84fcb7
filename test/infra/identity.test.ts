import { describe, expect, it } from 'vitest';
import { EXTERNAL_ISSUER, resource, resources, synthesize } from './synth.ts';

describe('without an issuer', () => {
  const { template } = synthesize();
  const pool = resource(template, 'AWS::Cognito::UserPool', 'Users');
  const client = resource(template, 'AWS::Cognito::UserPoolClient', 'Client');

  it('the stack makes a user pool with strong passwords, to which only administrators add users', () => {
    expect(pool.Properties).toMatchObject({
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      UsernameConfiguration: { CaseSensitive: false },
      Policies: {
        PasswordPolicy: {
          MinimumLength: 12,
          RequireLowercase: true,
          RequireNumbers: true,
          RequireSymbols: true,
          RequireUppercase: true,
        },
      },
    });
  });

  it('users sign in by SRP, which sends no password, and only whom IAM lets may sign a user in by password', () => {
    expect(client.Properties).toMatchObject({
      AllowedOAuthFlowsUserPoolClient: false,
      ExplicitAuthFlows: [
        'ALLOW_ADMIN_USER_PASSWORD_AUTH',
        'ALLOW_USER_SRP_AUTH',
        'ALLOW_REFRESH_TOKEN_AUTH',
      ],
      GenerateSecret: false,
      PreventUserExistenceErrors: 'ENABLED',
    });
  });

  it("both APIs accept the pool's access tokens, whose audience is their client id (IM-CONN-1)", () => {
    const issuer = {
      'Fn::Join': [
        '',
        ['https://cognito-idp.', { Ref: 'AWS::Region' }, '.amazonaws.com/', { Ref: pool.logicalId }],
      ],
    };
    const { Variables } = resource(template, 'AWS::Lambda::Function', 'Authorize').Properties[
      'Environment'
    ] as { Variables: Record<string, unknown> };
    expect(Variables['ISSUER']).toEqual(issuer);
    expect(Variables['AUDIENCE']).toEqual({ Ref: client.logicalId });
    expect(JSON.stringify(Variables['JWKS_URI'])).toContain(
      `{"Ref":"${pool.logicalId}"},"/.well-known/jwks.json"`,
    );
  });
});

describe('with an issuer', () => {
  it('the stack makes no user pool', () => {
    const { template, chat } = synthesize(EXTERNAL_ISSUER);
    expect(resources(template, 'AWS::Cognito::UserPool')).toEqual([]);
    expect(chat.identity.userPool).toBeUndefined();
  });
});
