/** Limits of the contract (section 7), in one place. Sizes in bytes, times in the unit that the name says. */
export const LIMITS = {
  maxContentBytes: 16_384,
  /** Nested objects and arrays of a frame or body, itself included. */
  maxDepth: 32,
  maxDevices: 10,
  /** What the gateway takes in one WebSocket frame; it closes with 1009 above. */
  maxFrameBytes: 32_768,
  maxMessageBytes: 131_072,
  inboxPageMessages: 50,
  inboxPageBytes: 28 * 1024,
  inboxTtlSeconds: 7 * 24 * 3600,
  minHistoryTtlSeconds: 24 * 3600,
  leaseSeconds: 30 * 60,
  heartbeatIntervalMs: 8 * 60_000,
  /** The gateway cuts every connection after 2 h; a session ends 5 min before (IM-RENEW). */
  connectionLifetimeMs: 2 * 3_600_000,
  sessionMarginMs: 5 * 60_000,
  /** How long pushes go on after `expiresAt` (IM-RENEW). */
  expiryGraceMs: 30_000,
  presenceUsers: 100,
  recallWindowMs: 2 * 60_000,
  maxGroupMembers: 100_000,
  /** Groups up to this size have inbox copies; in larger ones members catch up from history. */
  inboxCopiesMembers: 500,
  /** Conversations up to this size tell who reads and who types. */
  readPushMembers: 100,
  groupNameChars: 100,
  /** Members that one request names. */
  membersPerRequest: 100,
  typingIntervalMs: 2_000,
  pageMax: 100,
  pageDefault: 50,
  unreadMax: 100,
  /** A hole in the seqs that is older than this is never filled (IM-SEND-3). */
  holeMs: 15_000,
  /** Time-out of the functions that send: the hole rule rests on it. */
  senderTimeoutSeconds: 10,
  /** How long a poll may wait (IM-POLL). */
  pollWaitMs: 20_000,
  /** How long a polling device is a session after its last poll may have ended (IM-POLL-2). */
  pollAliveMs: 60_000,
  replyTimeoutMs: 10_000,
  queueNameChars: 64,
  queuesPerAgent: 20,
  agentCapacity: 50,
  topicChars: 200,
  /** Waiting customers that are told of their new position when their queue moves. */
  toldPositions: 10,
  /** Nobody is told to be further behind. */
  maxPosition: 1_000,
} as const;
