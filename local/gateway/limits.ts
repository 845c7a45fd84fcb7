/**
 * Quotas of API Gateway. AWS raises only those of the account:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
export const DEFAULT_LIMITS = {
  idleTimeoutMs: 10 * 60_000,
  connectionDurationMs: 2 * 60 * 60_000,
  /** Larger frames of a client close the socket with 1009. Route responses are one frame each. */
  frameBytes: 32 * 1024,
  /** Larger messages are refused, whether sent in any number of frames or posted. */
  messageBytes: 128 * 1024,
  /** Timeout of authorizers and route integrations. */
  webSocketIntegrationMs: 29_000,
  httpIntegrationMs: 30_000,
  httpBodyBytes: 10 * 1024 * 1024,
  /** Posts get 429 when a client has this much unread. AWS documents that the buffer is limited, but not its size. */
  clientBufferBytes: 1024 * 1024,
  /** Of all APIs together, calls to `@connections` included. */
  accountRequestsPerSecond: 10_000,
  accountBurst: 5_000,
  newConnectionsPerSecond: 500,
  /** The rate of calls to `@connections` that the account's other APIs leave over; more get 429. For tests. */
  callbacksPerSecond: 10_000,
  callbackBurst: 5_000,
};

export type GatewayLimits = Readonly<typeof DEFAULT_LIMITS>;
