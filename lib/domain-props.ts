import { Token } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';

/** Names of your own for the APIs. */
export interface DomainProps {
  /**
   * Names of your own for both APIs, which then answer to API Gateway's no more (`keepDefaultName`).
   * @default - names that API Gateway makes
   * @throws {InvalidOptionsError} see `Domain`
   * @example { name: 'api.example.com', webSocketName: 'ws.example.com', certificate, hostedZone }
   */
  readonly domain?: Domain | undefined;
}

export interface Domain {
  /**
   * Of the HTTP API.
   * @throws {InvalidOptionsError} not a host name in lower case
   * @example 'api.example.com'
   */
  readonly name: string;
  /**
   * Of the WebSocket API: API Gateway serves the two kinds of APIs under different names.
   * @throws {InvalidOptionsError} not a host name in lower case, or that of the HTTP API
   * @example 'ws.example.com'
   */
  readonly webSocketName: string;
  /** Of both names, in the region of the stack. */
  readonly certificate: ICertificate;
  /**
   * Where the names get their records. Its account is the stack's.
   * @default - none: let both names lead to the outputs `HttpDomainTarget` and `WebSocketDomainTarget`, by CNAME records
   */
  readonly hostedZone?: IHostedZone | undefined;
  /**
   * Whether the HTTP API answers to API Gateway's name, too, while clients move to yours. The WebSocket API always does: functions
   * send to its connections by that name (docs/security.md).
   * @default false
   * @example true
   */
  readonly keepDefaultName?: boolean | undefined;
}

/** Valid `DomainProps`. */
export interface DomainOptions {
  /** If `undefined`, the APIs have API Gateway's names. */
  readonly domain: Domain | undefined;
}

const HOST_NAME = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

export function domainOptions({ domain }: DomainProps): DomainOptions {
  return { domain };
}

export function domainFaults({ domain }: DomainOptions): string[] {
  if (domain === undefined) return [];
  const { name, webSocketName } = domain;
  const faults = Object.entries({ name, webSocketName })
    .filter(([, text]) => !Token.isUnresolved(text) && !HOST_NAME.test(text))
    .map(
      ([key, text]) => `domain.${key} must be a host name in lower case like chat.example.com, not "${text}"`,
    );
  if (name === webSocketName)
    faults.push(
      'domain.name and domain.webSocketName must differ: API Gateway serves HTTP and WebSocket APIs under different names',
    );
  return faults;
}
