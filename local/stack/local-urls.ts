import type { ApiDomainModel } from '../model.ts';
import { ACCOUNT_ID, REGION } from './identifiers.ts';

/**
 * Placeholder for the dev issuer in the synthesized template: an assembly contains no port, so runtimes can share it.
 * `.invalid` never resolves (RFC 2606): a placeholder that was not replaced fails at once.
 */
export const ISSUER_PLACEHOLDER = 'https://dev-issuer.invalid';

/** Local targets of the template's URLs. All are origins without a trailing slash. */
export interface LocalOrigins {
  /** `http://127.0.0.1:8787`: the gateway, for clients. */
  readonly gateway: string;
  /** The gateway's `@connections`, for functions: the AWS proxy if there is one, else the gateway. */
  readonly connections: string;
  readonly issuer: string;
  readonly sqs: string;
  /** Origins of the APIs that have a port of their own, by API id. @default - all are at the gateway */
  readonly otherApis?: ReadonlyMap<string, string>;
  /** Values of the parameter store, by name. @default - none */
  readonly parameters?: Readonly<Record<string, string>>;
}

const execute = new RegExp(`(https|wss)://([a-z0-9]+)\\.execute-api\\.${REGION}\\.amazonaws\\.com`, 'g');
const queue = new RegExp(`https://sqs\\.${REGION}\\.amazonaws\\.com(?=/${ACCOUNT_ID}/)`, 'g');

/** The name as a whole, and not the beginning of a longer one. */
function urlAt(scheme: string, name: string): RegExp {
  return new RegExp(`${scheme}://${name.replaceAll('.', '\\.')}(?![\\w.:-])`, 'g');
}

/** Stands for a value of the parameter store, which an assembly that runtimes share can't contain. */
export function storedParameter(name: unknown): string {
  return `{{resolve:ssm:${String(name)}}}`;
}

/** Replaces AWS hosts in a text by local ones, and names of stored parameters by their values. */
export function rewriteUrls(
  text: string,
  origins: LocalOrigins,
  webSocketApiIds: ReadonlySet<string>,
  domains: readonly ApiDomainModel[] = [],
): string {
  const webSocket = origins.gateway.replace(/^http/, 'ws');
  return domains
    .reduce((rewritten, { name, apiId, stage }) => {
      const origin = origins.otherApis?.get(apiId) ?? origins.gateway;
      return rewritten
        .replaceAll(urlAt('https', name), origin)
        .replaceAll(urlAt('wss', name), `${origin.replace(/^http/, 'ws')}/${stage}`);
    }, text)
    .replace(execute, (_, scheme: string, id: string) => {
      const own = origins.otherApis?.get(id);
      if (scheme === 'wss') return own?.replace(/^http/, 'ws') ?? webSocket;
      return own ?? (webSocketApiIds.has(id) ? origins.connections : origins.gateway);
    })
    .replace(queue, origins.sqs)
    .replaceAll(ISSUER_PLACEHOLDER, origins.issuer)
    .replace(/\{\{resolve:ssm:([^}]+)\}\}/g, (_, name: string) => origins.parameters?.[name] ?? '');
}
