import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { ulid } from 'ulid';
import { DEVICE_ID } from '../../protocol/ids.ts';
import * as of from '../composition.ts';
import { deviceOf } from '../domain/model/session.ts';
import type { TokenVerifier } from '../domain/model/token.ts';
import { credentialOf, encodingOf } from '../domain/sessions/credential.ts';
import { UnauthorizedError } from '../shared/errors.ts';
import { lazily } from '../shared/lazily.ts';
import { describe, logger } from '../shared/logger.ts';
import { isAllowedOrigin } from '../shared/origin.ts';
import { userHashOf } from '../shared/user-hash.ts';
import { CONTEXT } from '../transport/frame.ts';
import { header } from '../transport/upgrade.ts';

const ports = lazily({
  tokens: of.tokens,
  allowedOrigins: of.allowedOrigins,
  maxDevices: of.maxDevices,
});

interface AuthorizerPorts {
  readonly tokens: TokenVerifier;
  readonly allowedOrigins: readonly string[];
  readonly maxDevices: number;
}

export const handler = (event: APIGatewayRequestAuthorizerEvent) => authorize(ports, event);

/**
 * The authorizer of `$connect` (IM-CONN-1, IM-CONN-2). The gateway answers a Deny with 403, the error `Unauthorized` with
 * 401, and any other error with 500. It passes the context on with every later event of the connection. The context holds
 * only ASCII, and nothing empty.
 */
async function authorize(
  { tokens, allowedOrigins, maxDevices }: AuthorizerPorts,
  event: APIGatewayRequestAuthorizerEvent,
) {
  if (!isAllowedOrigin(header(event, 'origin'), allowedOrigins))
    return policy('Deny', 'nobody', event.methodArn);
  try {
    const token = credentialOf({
      subprotocols: header(event, 'sec-websocket-protocol'),
      authorization: header(event, 'authorization'),
    });
    const { userId, expiresAtMs, roles, name, isUnlimited } = await tokens.verify(token);
    return {
      ...policy('Allow', userId, event.methodArn),
      context: {
        [CONTEXT.userId]: userId,
        [CONTEXT.userHash]: userHashOf(userId),
        [CONTEXT.deviceId]: deviceOf(deviceIdOf(event), maxDevices),
        [CONTEXT.tokenExpiresAtMs]: String(expiresAtMs),
        ...(encodingOf(header(event, 'sec-websocket-protocol')) && { [CONTEXT.encoding]: 'protobuf' }),
        ...(event.queryStringParameters?.['mode'] === 'plain' && { [CONTEXT.mode]: 'plain' }),
        ...(roles.length > 0 && { [CONTEXT.roles]: roles.join(' ') }),
        ...(isUnlimited && { [CONTEXT.unlimited]: 'true' }),
        ...(name !== undefined && { [CONTEXT.name]: encodeURIComponent(name) }),
      },
    };
  } catch (error) {
    if (error instanceof UnauthorizedError) throw new Error('Unauthorized');
    logger.error('authorizer failed', { error: describe(error) });
    throw new Error('Unavailable');
  }
}

/** A malformed id doesn't fit into the context. `$connect` refuses it, since an authorizer can't answer 400. */
function deviceIdOf({ queryStringParameters }: APIGatewayRequestAuthorizerEvent): string {
  const id = queryStringParameters?.['deviceId'];
  return id !== undefined && DEVICE_ID.test(id) ? id : ulid();
}

function policy(effect: 'Allow' | 'Deny', principalId: string, resource: string) {
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: resource }],
    },
  };
}
