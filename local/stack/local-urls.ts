import { ACCOUNT_ID, REGION } from './identifiers.ts';

/**
 * Stands for the dev issuer in the synthesized template, so that an assembly holds no port and serves any number of
 * runtimes. `.invalid` never resolves (RFC 2606): one left unrewritten fails at once.
 */
export const ISSUER_PLACEHOLDER = 'https://dev-issuer.invalid';

/** Where on this machine the things are that the template's URLs lead to. All are origins without a trailing slash. */
export interface LocalOrigins {
  /** `http://127.0.0.1:8787`: the gateway, for clients. */
  readonly gateway: string;
  /** The gateway's `@connections`, for functions; the gateway itself unless an AWS proxy stands between. */
  readonly connections: string;
  readonly issuer: string;
  readonly sqs: string;
}

const execute = new RegExp(`(https|wss)://([a-z0-9]+)\\.execute-api\\.${REGION}\\.amazonaws\\.com`, 'g');
const queue = new RegExp(`https://sqs\\.${REGION}\\.amazonaws\\.com(?=/${ACCOUNT_ID}/)`, 'g');

/** Rewrites the AWS hosts in one text to this machine's. */
export function rewriteUrls(
  text: string,
  origins: LocalOrigins,
  webSocketApiIds: ReadonlySet<string>,
): string {
  return text
    .replace(execute, (_, scheme: string, id: string) => {
      if (scheme === 'wss') return origins.gateway.replace(/^http/, 'ws');
      return webSocketApiIds.has(id) ? origins.connections : origins.gateway;
    })
    .replace(queue, origins.sqs)
    .replaceAll(ISSUER_PLACEHOLDER, origins.issuer);
}
