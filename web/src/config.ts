/** The content of `config.json` beside the page: the stack's addresses and the issuer of its users' tokens. */
export interface PageConfig {
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly auth: DevAuth | OidcAuth;
  /** Origins whose pages may embed the widget and hand it a token, besides the page's own. `*` is any. */
  readonly widgetOrigins: readonly string[];
  /** What users may send; undefined where they can't send files. */
  readonly files?: FileLimits | undefined;
  /** Whether browsers can be notified. @default false */
  readonly webPush?: boolean;
}

export interface FileLimits {
  readonly maxBytes: number;
  /** Media types such as `application/pdf` or `image/*`; empty: any. */
  readonly types: readonly string[];
}

/** The issuer of `npm start`: gives anybody a token. */
export interface DevAuth {
  readonly kind: 'dev';
  readonly tokenUrl: string;
}

/** Any OpenID Connect issuer: code flow with PKCE, a public client. */
export interface OidcAuth {
  readonly kind: 'oidc';
  readonly issuer: string;
  readonly clientId: string;
  /** @default 'openid' */
  readonly scope?: string;
}

/** @throws if `config.json` can't be loaded or is malformed */
export async function loadConfig(): Promise<PageConfig> {
  const response = await fetch('config.json', { cache: 'no-cache' });
  if (!response.ok) throw new Error(`config.json: HTTP ${response.status}`);
  return parseConfig(await response.json());
}

export function parseConfig(value: unknown): PageConfig {
  const { wsUrl, httpUrl, auth, widgetOrigins = [], files, webPush } = record(value, 'config.json');
  return {
    wsUrl: text(wsUrl, 'wsUrl'),
    httpUrl: text(httpUrl, 'httpUrl'),
    auth: parseAuth(auth),
    widgetOrigins: texts(widgetOrigins, 'widgetOrigins'),
    ...(files === undefined ? {} : { files: parseFiles(files) }),
    webPush: webPush === true,
  };
}

function parseFiles(value: unknown): FileLimits {
  const { maxBytes, types = [] } = record(value, 'files');
  if (typeof maxBytes !== 'number') throw new Error('config.json: files.maxBytes must be a number');
  return { maxBytes, types: texts(types, 'files.types') };
}

function parseAuth(value: unknown): DevAuth | OidcAuth {
  const { kind, tokenUrl, issuer, clientId, scope } = record(value, 'auth');
  if (kind === 'dev') return { kind, tokenUrl: text(tokenUrl, 'auth.tokenUrl') };
  if (kind !== 'oidc') throw new Error('config.json: auth.kind must be "dev" or "oidc"');
  return {
    kind,
    issuer: text(issuer, 'auth.issuer'),
    clientId: text(clientId, 'auth.clientId'),
    ...(scope === undefined ? {} : { scope: text(scope, 'auth.scope') }),
  };
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  throw new Error(`${name} must be an object`);
}

function texts(value: unknown, name: string): readonly string[] {
  if (Array.isArray(value)) return value.map((entry) => text(entry, name));
  throw new Error(`config.json: ${name} must be a list`);
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`config.json: ${name} must be a non-empty string`);
}
