import type { JWTPayload } from 'jose';

/** A discovery document and an access token, of the shapes that the issuer documents (docs/sign-in.md has the sources). */
export interface DocumentedIssuer {
  readonly discovery: { readonly issuer: string; readonly jwks_uri: string } & Readonly<
    Record<string, unknown>
  >;
  readonly claims: JWTPayload;
  readonly userId: string;
}

const COGNITO = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI';
const AUTH0 = 'https://your-tenant.eu.auth0.com/';
const CLERK = 'https://clerk.example.com';
const KEYCLOAK = 'https://login.example.com/realms/shop';
const ENTRA_TENANT = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490';
const ENTRA = `https://login.microsoftonline.com/${ENTRA_TENANT}/v2.0`;

export const DOCUMENTED_ISSUERS: Readonly<Record<string, DocumentedIssuer>> = {
  Cognito: {
    discovery: {
      issuer: COGNITO,
      jwks_uri: `${COGNITO}/.well-known/jwks.json`,
      authorization_endpoint: 'https://shop.auth.eu-central-1.amazoncognito.com/oauth2/authorize',
      token_endpoint: 'https://shop.auth.eu-central-1.amazoncognito.com/oauth2/token',
      id_token_signing_alg_values_supported: ['RS256'],
      subject_types_supported: ['public'],
    },
    claims: {
      iss: COGNITO,
      sub: '1a2b3c4d-5e6f-4789-8abc-def012345678',
      client_id: '3n4b5urk1ft4fl3mg5e62d9ado',
      'cognito:groups': ['agent'],
      token_use: 'access',
      scope: 'openid',
      username: 'alice',
      version: 2,
      auth_time: 1_795_840_873,
      jti: '0f9f7b4c-1a2b-4c3d-8e9f-001122334455',
    },
    userId: 'alice',
  },
  Auth0: {
    discovery: {
      issuer: AUTH0,
      jwks_uri: `${AUTH0}.well-known/jwks.json`,
      authorization_endpoint: `${AUTH0}authorize`,
      token_endpoint: `${AUTH0}oauth/token`,
      userinfo_endpoint: `${AUTH0}userinfo`,
      id_token_signing_alg_values_supported: ['HS256', 'RS256', 'PS256'],
    },
    claims: {
      iss: AUTH0,
      sub: 'auth0|5f7c8ec7c33c6c004bbafe82',
      aud: ['https://chat.example.com', `${AUTH0}userinfo`],
      azp: 'my_client_id',
      scope: 'openid profile',
      'https://chat.example.com/roles': ['agent'],
    },
    userId: 'auth0|5f7c8ec7c33c6c004bbafe82',
  },
  Clerk: {
    discovery: {
      issuer: CLERK,
      jwks_uri: `${CLERK}/.well-known/jwks.json`,
      authorization_endpoint: `${CLERK}/oauth/authorize`,
      token_endpoint: `${CLERK}/oauth/token`,
      id_token_signing_alg_values_supported: ['RS256'],
    },
    claims: {
      iss: CLERK,
      sub: 'user_2b6fcd92dvf96q05x8e4',
      azp: 'https://example.com',
      aud: 'chat',
      roles: ['agent'],
      jti: '2b6fcd92dvf96q05x8e5',
    },
    userId: 'user_2b6fcd92dvf96q05x8e4',
  },
  Keycloak: {
    discovery: {
      issuer: KEYCLOAK,
      jwks_uri: `${KEYCLOAK}/protocol/openid-connect/certs`,
      authorization_endpoint: `${KEYCLOAK}/protocol/openid-connect/auth`,
      token_endpoint: `${KEYCLOAK}/protocol/openid-connect/token`,
      id_token_signing_alg_values_supported: ['PS384', 'RS384', 'ES384', 'HS256', 'RS256'],
    },
    claims: {
      iss: KEYCLOAK,
      sub: '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d',
      aud: ['chat', 'account'],
      typ: 'Bearer',
      azp: 'shop-web',
      realm_access: { roles: ['agent', 'offline_access'] },
      roles: ['agent', 'offline_access'],
      scope: 'openid email profile',
      preferred_username: 'alice',
    },
    userId: '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d',
  },
  'Entra ID': {
    discovery: {
      issuer: ENTRA,
      jwks_uri: `https://login.microsoftonline.com/${ENTRA_TENANT}/discovery/v2.0/keys`,
      authorization_endpoint: `https://login.microsoftonline.com/${ENTRA_TENANT}/oauth2/v2.0/authorize`,
      token_endpoint: `https://login.microsoftonline.com/${ENTRA_TENANT}/oauth2/v2.0/token`,
      id_token_signing_alg_values_supported: ['RS256'],
      tenant_region_scope: 'EU',
    },
    claims: {
      iss: ENTRA,
      aud: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
      azp: 'a1b2c3d4-0000-4000-8000-0123456789ab',
      azpacr: '0',
      name: 'Alice Moreau',
      oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
      preferred_username: 'alice@example.com',
      roles: ['agent'],
      scp: 'chat',
      sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
      tid: ENTRA_TENANT,
      uti: 'fqiBqXLPj0eQa82S-IYFAA',
      ver: '2.0',
    },
    userId: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
  },
};
