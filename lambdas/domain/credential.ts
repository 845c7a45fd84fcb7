import { UnauthorizedError } from '../shared/errors.ts';

/** The subprotocol that every browser client offers beside its token. */
export const SUBPROTOCOL = 'im.v1';
const TOKEN_PREFIX = 'im.token.';

export interface Carriers {
  /** `Sec-WebSocket-Protocol` as sent: names separated by commas. */
  readonly subprotocols: string | undefined;
  readonly authorization: string | undefined;
}

/**
 * The token of an upgrade, from its one carrier (IM-CONN-1).
 * @throws {UnauthorizedError} none, two, or a token subprotocol without `im.v1` (refusal 13)
 */
export function credentialOf({ subprotocols, authorization }: Carriers): string {
  const offered = splitProtocols(subprotocols);
  const tokens = offered.filter((name) => name.startsWith(TOKEN_PREFIX));
  if (tokens.length > 0 && !offered.includes(SUBPROTOCOL))
    throw new UnauthorizedError('im.v1 was not offered.');
  if (tokens.length + (authorization === undefined ? 0 : 1) !== 1) {
    throw new UnauthorizedError('Exactly one token is needed.');
  }
  const token = tokens[0]?.slice(TOKEN_PREFIX.length) ?? /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new UnauthorizedError('The token is malformed.');
  return token;
}

/** What the server answers of the offered subprotocols: never the token. */
export function acceptedSubprotocol(subprotocols: string | undefined): string | undefined {
  return splitProtocols(subprotocols).includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined;
}

function splitProtocols(subprotocols = ''): string[] {
  return subprotocols.split(',').map((name) => name.trim());
}
