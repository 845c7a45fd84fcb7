/**
 * Names of the environment variables by which the stack configures its functions. Import-free, because both the
 * constructs (which set them) and the handlers (which read them) use it.
 */
export const ENV = {
  /** Route table: who is connected, by which device. */
  routesTable: 'ROUTES_TABLE',
  /** Conversation heads and memberships. */
  conversationsTable: 'CONVERSATIONS_TABLE',
  /** Message history. */
  messagesTable: 'MESSAGES_TABLE',
  /** References to messages that found nobody home. */
  inboxTable: 'INBOX_TABLE',
  /** URL of the offline queue. */
  offlineQueueUrl: 'OFFLINE_QUEUE_URL',
  /** URL of the fan-out queue. */
  fanOutQueueUrl: 'FAN_OUT_QUEUE_URL',
  /** Desk: who waits, and who serves. */
  deskTable: 'DESK_TABLE',
  /** URL of the desk's queue; only where there is a desk. */
  deskQueueUrl: 'DESK_QUEUE_URL',
  /** The SDK itself reads this one: the stage's `@connections` endpoint. */
  connectionsEndpoint: 'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI',
  /** Issuer (`iss`) of the tokens that the authorizer accepts. */
  issuer: 'ISSUER',
  /** Audience: `aud`, else `client_id`. Several are separated by commas. */
  audience: 'AUDIENCE',
  /** Where the issuer's keys are. */
  jwksUri: 'JWKS_URI',
  /** The claim that holds the user id. */
  userIdClaim: 'USER_ID_CLAIM',
  /** The claim that holds the roles. */
  rolesClaim: 'ROLES_CLAIM',
  /** Allowed `Origin`s, separated by commas; `*` allows any. */
  allowedOrigins: 'ALLOWED_ORIGINS',
  /** The `wss://` URL that `GET /session` tells. */
  webSocketUrl: 'WEBSOCKET_URL',
  /** `replace` or `reject`: what becomes of a device's session when it connects again. */
  duplicateLogin: 'DUPLICATE_LOGIN',
  /** Presence lease in seconds. */
  leaseSeconds: 'LEASE_SECONDS',
  /** After how much silence a session is not trusted, in milliseconds; 0: however silent (IM-IDLE). */
  idleTimeoutMs: 'IDLE_TIMEOUT_MS',
  /** How long an inbox entry is kept, in seconds. */
  inboxTtlSeconds: 'INBOX_TTL_SECONDS',
  /** How long a message is kept in history, in seconds; 0: for ever. */
  historyTtlSeconds: 'HISTORY_TTL_SECONDS',
  /** Names of the desk's queues, separated by commas; the first is the default. */
  deskQueues: 'DESK_QUEUES',
  /** How long an agent may be without a session before the chats go back, in seconds. */
  deskAgentGraceSeconds: 'DESK_AGENT_GRACE_SECONDS',
} as const;
