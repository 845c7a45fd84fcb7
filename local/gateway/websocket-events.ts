import { type RequestFacts, valuesByName } from './request-facts.ts';
import { formatRequestTime, newGatewayId } from './request-id.ts';

/** `requestContext.authorizer`: the authorizer's context as strings, `principalId`, and the time it took. */
export type AuthorizerContext = Readonly<Record<string, string | number>>;

/** What stays the same in all events of one connection. */
export interface ConnectionFacts {
  readonly connectionId: string;
  readonly connectedAt: number;
  readonly apiId: string;
  readonly stage: string;
  readonly domainName: string;
  readonly sourceIp: string;
  readonly userAgent?: string;
  readonly authorizer?: AuthorizerContext;
}

export interface ClosureFacts {
  readonly code: number;
  readonly reason: string;
}

type EventType = 'CONNECT' | 'MESSAGE' | 'DISCONNECT';

/**
 * The events are those of
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
 * and of the captures in test/fixtures/aws-events.
 */
export function authorizerEvent(
  connection: ConnectionFacts,
  request: RequestFacts,
  methodArn: string,
  nowMs: number,
) {
  const query = mapsOf(new URLSearchParams(request.rawQueryString));
  const headers = mapsOf(request.headers);
  return {
    type: 'REQUEST',
    methodArn,
    headers: headers.single,
    multiValueHeaders: headers.multiple,
    queryStringParameters: query.single,
    multiValueQueryStringParameters: query.multiple,
    stageVariables: {},
    requestContext: requestContext(connection, '$connect', 'CONNECT', nowMs),
  };
}

export function connectEvent(connection: ConnectionFacts, request: RequestFacts, nowMs: number) {
  const query = mapsOf(new URLSearchParams(request.rawQueryString));
  const headers = mapsOf(request.headers);
  const queryFields =
    request.rawQueryString === ''
      ? {}
      : { queryStringParameters: query.single, multiValueQueryStringParameters: query.multiple };
  return {
    headers: headers.single,
    multiValueHeaders: headers.multiple,
    ...queryFields,
    requestContext: requestContext(connection, '$connect', 'CONNECT', nowMs),
    isBase64Encoded: false,
  };
}

export function messageEvent(connection: ConnectionFacts, routeKey: string, body: string, nowMs: number) {
  return {
    requestContext: {
      ...requestContext(connection, routeKey, 'MESSAGE', nowMs),
      messageId: newGatewayId(),
    },
    body,
    isBase64Encoded: false,
  };
}

/** The four headers are what AWS sends; the client has no request at that time. */
export function disconnectEvent(connection: ConnectionFacts, closure: ClosureFacts, nowMs: number) {
  return {
    headers: { Host: connection.domainName, 'x-api-key': '', 'X-Forwarded-For': '', 'x-restapi': '' },
    multiValueHeaders: {
      Host: [connection.domainName],
      'x-api-key': [''],
      'X-Forwarded-For': [''],
      'x-restapi': [''],
    },
    requestContext: {
      ...requestContext(connection, '$disconnect', 'DISCONNECT', nowMs),
      disconnectStatusCode: closure.code,
      disconnectReason: closure.reason,
    },
    isBase64Encoded: false,
  };
}

function requestContext(connection: ConnectionFacts, routeKey: string, eventType: EventType, nowMs: number) {
  // In captures both ids of a request are the same.
  const requestId = newGatewayId();
  return {
    routeKey,
    ...(connection.authorizer === undefined ? {} : { authorizer: connection.authorizer }),
    eventType,
    extendedRequestId: requestId,
    requestTime: formatRequestTime(nowMs),
    messageDirection: 'IN',
    stage: connection.stage,
    connectedAt: connection.connectedAt,
    requestTimeEpoch: nowMs,
    identity: {
      ...(connection.userAgent === undefined ? {} : { userAgent: connection.userAgent }),
      sourceIp: connection.sourceIp,
    },
    requestId,
    domainName: connection.domainName,
    connectionId: connection.connectionId,
    apiId: connection.apiId,
  };
}

/** Of a repeated header or parameter the last value is in the single-value map, all are in the other. */
function mapsOf(entries: Iterable<readonly [string, string]>) {
  const multiple = valuesByName(entries);
  const last = Object.entries(multiple).map(([name, all]) => [name, all.at(-1) ?? '']);
  return { single: Object.fromEntries(last), multiple };
}
