/**
 * The environment variables of the functions. This file has no imports, because both the constructs (which set the
 * variables) and the handlers (which read them) use it.
 */
export const ENV = {
  /** Route table: the sessions of all users. */
  routesTable: 'ROUTES_TABLE',
  /** Conversation heads and memberships. */
  conversationsTable: 'CONVERSATIONS_TABLE',
  /** Message history. */
  messagesTable: 'MESSAGES_TABLE',
  /** References to messages that wait for their recipient. */
  inboxTable: 'INBOX_TABLE',
  /** URL of the offline queue. */
  offlineQueueUrl: 'OFFLINE_QUEUE_URL',
  /** URL of the fan-out queue. */
  fanOutQueueUrl: 'FAN_OUT_QUEUE_URL',
  /** URL of the queue of tasks. */
  taskQueueUrl: 'TASK_QUEUE_URL',
  /** URL of the queue of notifications; only in deployments with notifications. */
  notificationQueueUrl: 'NOTIFICATION_QUEUE_URL',
  /** Whether the fan-out workers notify mentioned members of large groups; only in deployments with notifications. */
  notifyMentioned: 'NOTIFY_MENTIONED',
  /** Providers of notifications, separated by commas; only in deployments with notifications. */
  pushProviders: 'PUSH_PROVIDERS',
  /** Hosts of push services beyond the known ones, separated by commas. */
  pushHosts: 'PUSH_HOSTS',
  /** Public key of Web Push, in base64url; empty: no browsers. */
  webPushPublicKey: 'WEB_PUSH_PUBLIC_KEY',
  /** Name of the parameter with the private key. */
  webPushKeyParameter: 'WEB_PUSH_KEY_PARAMETER',
  /** Whom push services may write to. */
  webPushSubject: 'WEB_PUSH_SUBJECT',
  /** ARN of the platform application for iOS; empty: none. */
  apnsPlatformArn: 'APNS_PLATFORM_ARN',
  /** ARN of the platform application for Android; empty: none. */
  fcmPlatformArn: 'FCM_PLATFORM_ARN',
  /** `none`, `sender`, or `preview` (IM-NOTIFY-3). */
  notificationText: 'NOTIFICATION_TEXT',
  /** URL of the queue whose records the function processes. */
  workQueueUrl: 'WORK_QUEUE_URL',
  /** Desk: waiting chats, and agents. */
  deskTable: 'DESK_TABLE',
  /** URL of the queue of desk events; only in deployments with a desk. */
  deskQueueUrl: 'DESK_QUEUE_URL',
  /** ARN of the topic of events; only in deployments with events. */
  eventsTopicArn: 'EVENTS_TOPIC_ARN',
  /** Whether to write rows of events; only in deployments with events. */
  eventRows: 'EVENT_ROWS',
  /** Whether a changed message says its last change; only in deployments with events. */
  keepChanges: 'KEEP_CHANGES',
  /** Name of the bucket of expired messages; only in deployments with an archive. */
  archiveBucket: 'ARCHIVE_BUCKET',
  /** Name of the bucket of exports. */
  exportBucket: 'EXPORT_BUCKET',
  /** `true` if files are sent only after a scan (IM-FILE-9). */
  attachmentScan: 'ATTACHMENT_SCAN',
  /** Name of the bucket of files; only in deployments with attachments. */
  attachmentBucket: 'ATTACHMENT_BUCKET',
  /** The largest file, in bytes. */
  attachmentMaxBytes: 'ATTACHMENT_MAX_BYTES',
  /** The media types of files, separated by commas; empty: any. */
  attachmentTypes: 'ATTACHMENT_TYPES',
  /** The stage's `@connections` endpoint. The AWS SDK reads this variable itself. */
  connectionsEndpoint: 'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI',
  /** Issuer (`iss`) of the tokens that the authorizer accepts. */
  issuer: 'ISSUER',
  /** Accepted audiences (`aud`, or `client_id` if a token has no `aud`), separated by commas. */
  audience: 'AUDIENCE',
  /** URL of the issuer's keys; empty: its discovery document names it. */
  jwksUri: 'JWKS_URI',
  /** The claim that holds the user id. */
  userIdClaim: 'USER_ID_CLAIM',
  /** The claim that holds the roles. */
  rolesClaim: 'ROLES_CLAIM',
  /** Roles without a budget, separated by commas. */
  unlimitedRoles: 'UNLIMITED_ROLES',
  /** Credits a minute and at once, `600,3000`; or `none` (IM-BUDGET). */
  userBudget: 'USER_BUDGET',
  /** Strangers that a user may meet on a day, or `none` (IM-BUDGET-3). */
  strangersPerDay: 'STRANGERS_PER_DAY',
  /** Allowed `Origin`s, separated by commas; `*` allows any. */
  allowedOrigins: 'ALLOWED_ORIGINS',
  /** The `wss://` URL that `GET /session` returns. */
  webSocketUrl: 'WEBSOCKET_URL',
  /** `replace` or `reject`: what happens to a device's session when the device connects again. */
  duplicateLogin: 'DUPLICATE_LOGIN',
  /** Sessions of a user, 1 to 10. */
  maxDevices: 'MAX_DEVICES',
  /** Presence lease in seconds. */
  leaseSeconds: 'LEASE_SECONDS',
  /** How long a session stays trusted without a frame, in milliseconds; 0: always (IM-IDLE). */
  idleTimeoutMs: 'IDLE_TIMEOUT_MS',
  /** How long an inbox entry is kept, in seconds. */
  inboxTtlSeconds: 'INBOX_TTL_SECONDS',
  /** How long a message is kept in history, in seconds; 0: forever. */
  historyTtlSeconds: 'HISTORY_TTL_SECONDS',
  /** How long a message can be edited, in milliseconds; 0: never. */
  editWindowMs: 'EDIT_WINDOW_MS',
  /** ARN of the function that looks at messages before they are stored; only in deployments with a hook (IM-HOOK). */
  beforeSendFunction: 'BEFORE_SEND_FUNCTION',
  /** How long its answer may take, in milliseconds. */
  beforeSendTimeoutMs: 'BEFORE_SEND_TIMEOUT_MS',
  /** `accept` or `reject`: what happens to a message without an answer. */
  beforeSendOnFailure: 'BEFORE_SEND_ON_FAILURE',
  /** ARN of the function that knows the profiles; only in deployments with one (IM-PROFILE-3). */
  profileSourceFunction: 'PROFILE_SOURCE_FUNCTION',
  /** How long its answer may take, in milliseconds. */
  profileSourceTimeoutMs: 'PROFILE_SOURCE_TIMEOUT_MS',
  /** How long a profile of it is kept. */
  profileSourceTtlSeconds: 'PROFILE_SOURCE_TTL_SECONDS',
  /** Names of the support queues, separated by commas; the first is the default. */
  deskQueues: 'DESK_QUEUES',
  /** How long an agent may be without a session before the chats are requeued, in seconds. */
  deskAgentGraceSeconds: 'DESK_AGENT_GRACE_SECONDS',
} as const;
