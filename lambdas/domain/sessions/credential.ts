import { UnauthorizedError } from '../../shared/errors.ts';
import type { Encoding } from '../model/session.ts';

/** The subprotocol that every browser client offers in addition to its token. */
export const SUBPROTOCOL = 'im.v1';
/** Offered instead by a client that uses Protobuf frames (IM-PB). */
const PROTOBUF_SUBPROTOCOL = 'im.v1.pb';
const TOKEN_PREFIX = 'im.token.';

export interface Credentials {
  /** The header `Sec-WebSocket-Protocol` of an upgrade: names separated by commas. */
  readonly subprotocols?: string | undefined;
  readonly authorization: string | undefined;
}

/**
 * Returns the token of an upgrade, from either header, or of an HTTP request (IM-CONN-1).
 * @throws {UnauthorizedError} no token, more than one, or a token subprotocol without `im.v1` (IM-REFUSE-13)
 */
export function credentialOf({ subprotocols, authorization }: Credentials): string {
  const offered = splitProtocols(subprotocols);
  const tokens = offered.filter((name) => name.startsWith(TOKEN_PREFIX));
  if (tokens.length > 0 && !offered.some(isOurs))
    throw new UnauthorizedError('The subprotocol im.v1 was not offered.');
  if (tokens.length + (authorization === undefined ? 0 : 1) !== 1) {
    throw new UnauthorizedError('Exactly one token is required.');
  }
  const token = tokens[0]?.slice(TOKEN_PREFIX.length) ?? /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new UnauthorizedError('The token is malformed.');
  return token;
}

/** Returns the first offered subprotocol that the server supports. Never the token. */
export function acceptedSubprotocol(subprotocols: string | undefined): string | undefined {
  return splitProtocols(subprotocols).find(isOurs);
}

/** Returns the frame encoding for these subprotocols; `undefined` means JSON. */
export function encodingOf(subprotocols: string | undefined): Encoding | undefined {
  return acceptedSubprotocol(subprotocols) === PROTOBUF_SUBPROTOCOL ? 'protobuf' : undefined;
}

function isOurs(name: string): boolean {
  return name === SUBPROTOCOL || name === PROTOBUF_SUBPROTOCOL;
}

function splitProtocols(subprotocols = ''): string[] {
  return subprotocols.split(',').map((name) => name.trim());
}
