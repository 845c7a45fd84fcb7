import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import { closeServer, listenOn } from '../../../local/listening.ts';

interface Key {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** An OIDC issuer on a free port whose keys can change while it runs; it stops with the test. */
export async function startIssuer() {
  let key = await makeKey('first');
  let isUp = true;
  const requests: string[] = [];
  const server = createServer(async ({ url = '' }, response) => {
    requests.push(url);
    const documents: Record<string, unknown> = {
      '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys.json` },
      '/keys.json': {
        keys: [{ ...(await exportJWK(key.publicKey)), kid: key.kid, alg: 'RS256', use: 'sig' }],
      },
    };
    const document = isUp ? documents[url] : undefined;
    response.writeHead(document === undefined ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  });
  const issuer = `http://127.0.0.1:${await listenOn(server, 0)}`;
  onTestFinished(() => closeServer(server));
  return {
    issuer,
    requests,
    async rotate(kid: string) {
      key = await makeKey(kid);
    },
    setUp(up: boolean) {
      isUp = up;
    },
    sign(claims: Readonly<Record<string, unknown>>, { alg = 'RS256', kid = key.kid }: SignOptions = {}) {
      const header = { alg, ...(kid === null ? {} : { kid }) };
      return new SignJWT({ ...claims }).setProtectedHeader(header).sign(key.privateKey);
    },
    unsigned(claims: Readonly<Record<string, unknown>>): string {
      return `${encode({ alg: 'none', kid: key.kid })}.${encode(claims)}.`;
    },
    /** The classic forgery: HS256 with the text of the public key as the secret. */
    async signedWithPublicKey(claims: Readonly<Record<string, unknown>>): Promise<string> {
      const input = `${encode({ alg: 'HS256', kid: key.kid })}.${encode(claims)}`;
      const secret = await exportSPKI(key.publicKey);
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    },
  };
}

interface SignOptions {
  readonly alg?: string;
  /** null: no key id. */
  readonly kid?: string | null;
}

async function makeKey(kid: string): Promise<Key> {
  return { kid, ...(await generateKeyPair('RS256', { extractable: true })) };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
