/**
 * Quotas of API Gateway, none of which can be raised except the rates:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
export interface GatewayLimits {
  /** @default 10 minutes */
  readonly idleTimeoutMs: number;
  /** @default 2 hours */
  readonly connectionDurationMs: number;
  /** Larger frames close the socket with 1009. @default 32 KiB */
  readonly frameBytes: number;
  /** Larger messages (of any number of frames, or posted) are refused. @default 128 KiB */
  readonly messageBytes: number;
  /** For authorizers and route integrations. @default 29 s */
  readonly webSocketIntegrationMs: number;
  /** @default 30 s */
  readonly httpIntegrationMs: number;
  /** @default 10 MiB */
  readonly httpBodyBytes: number;
  /**
   * Posts to a client that has not yet read this much get 429. AWS says that the buffer has a limit, not which.
   * @default 1 MiB
   */
  readonly clientBufferBytes: number;
  /** `@connections` calls per second above which callers get 429. @default not limited */
  readonly managementRequestsPerSecond: number;
}

const defaultLimits: GatewayLimits = {
  idleTimeoutMs: 10 * 60_000,
  connectionDurationMs: 2 * 60 * 60_000,
  frameBytes: 32 * 1024,
  messageBytes: 128 * 1024,
  webSocketIntegrationMs: 29_000,
  httpIntegrationMs: 30_000,
  httpBodyBytes: 10 * 1024 * 1024,
  clientBufferBytes: 1024 * 1024,
  managementRequestsPerSecond: Number.POSITIVE_INFINITY,
};

export function fillLimits(limits: Partial<GatewayLimits> = {}): GatewayLimits {
  return { ...defaultLimits, ...limits };
}
