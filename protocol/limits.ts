/** Limits of the contract (docs/protocol.md, section 7). Sizes are in bytes, times in the unit of their names. */
export const LIMITS = {
  maxContentBytes: 16_384,
  /** Nesting depth of a frame or body, including the outermost object. */
  maxDepth: 32,
  maxDevices: 10,
  /** The gateway closes a connection with 1009 on a larger WebSocket frame. */
  maxFrameBytes: 32_768,
  maxMessageBytes: 131_072,
  inboxPageMessages: 50,
  inboxPageBytes: 28 * 1024,
  inboxTtlSeconds: 7 * 24 * 3600,
  minHistoryTtlSeconds: 24 * 3600,
  leaseSeconds: 30 * 60,
  heartbeatIntervalMs: 8 * 60_000,
  /** The gateway closes every connection after 2 h; a session ends 5 min before that (IM-RENEW). */
  connectionLifetimeMs: 2 * 3_600_000,
  sessionMarginMs: 5 * 60_000,
  /** How long pushes continue after `expiresAt` (IM-RENEW). */
  expiryGraceMs: 30_000,
  presenceUsers: 100,
  recallWindowMs: 2 * 60_000,
  /** Users that a message mentions. */
  mentions: 50,
  /** The default of the option `editWindow`. */
  editWindowMs: 24 * 3_600_000,
  /** A reaction's name, in UTF-8. */
  reactionNameBytes: 32,
  /** Different reactions of a message. */
  reactionsPerMessage: 20,
  /** Reactions of one user to a message. */
  reactionsPerUser: 5,
  /** Users that a reaction names. */
  reactionUsers: 5,
  /** Characters of the reason of a ban. */
  banReasonChars: 500,
  /** How long reports are kept. */
  reportDays: 90,
  /** Characters of the reason of a report. */
  reportReasonChars: 500,
  /** The reason of a hook that rejects a message, in characters; the rest is cut off (IM-HOOK-1). */
  hookReasonChars: 200,
  /** Users whom a user may block. */
  maxBlocks: 10_000,
  /** Pinned messages of a conversation. */
  pinsPerConversation: 50,
  /** Both feeds of changes look back this much further: 10 s from a time that is taken to its write, and clocks that differ. */
  changeMarginMs: 15_000,
  /** A feed of changes longer than this says `reset` (IM-CHANGE-2). */
  changesMax: 1_000,
  /** A feed of changes reaches back this far (IM-CHANGE-2). */
  changesDays: 30,
  /** The default of the option `attachmentMaxBytes`. */
  attachmentBytes: 25 * 1024 * 1024,
  /** Files of a message (IM-FILE-2). */
  attachmentsPerMessage: 10,
  /** The name of a file, in UTF-8. */
  attachmentNameBytes: 255,
  /** The type of a file, such as `image/jpeg`. */
  attachmentTypeChars: 100,
  /** The thumbnail of a file. */
  thumbnailBytes: 100 * 1024,
  /** Each side of a thumbnail. */
  thumbnailPixels: 320,
  /** How long a file can be uploaded. */
  uploadSeconds: 15 * 60,
  /** How long a file that was uploaded can be sent (IM-FILE-4). */
  attachmentPendingSeconds: 24 * 3600,
  /** A link to a file is the same within such a slot, and lives as long again after its end (IM-FILE-3). */
  attachmentLinkSlotSeconds: 5 * 60,
  maxGroupMembers: 100_000,
  /** The longest wait of slow mode (IM-BUDGET-5). */
  slowModeSeconds: 3_600,
  /** Members of groups up to this size get inbox copies; members of larger ones catch up from history. */
  inboxCopiesMembers: 500,
  /** Conversations up to this size have `read`, `typing`, and `live` pushes. */
  readPushMembers: 100,
  groupNameChars: 100,
  /** A person's name or alias, in code points. */
  personNameChars: 64,
  /** The URL of a profile's picture. */
  avatarChars: 512,
  /** A profile's `custom`, as JSON in UTF-8. */
  profileCustomBytes: 1_024,
  /** Profiles of one request. */
  profilesPerRequest: 100,
  /** Contacts of a user. */
  contacts: 10_000,
  /** Maximum members in one request. */
  membersPerRequest: 100,
  typingIntervalMs: 2_000,
  /** An instance passes on at most one `live` frame of a liveId in this time (IM-LIVE-3). */
  liveIntervalMs: 200,
  /** Clients forget a live text after this long without another frame (IM-LIVE-4). */
  liveForgetMs: 15_000,
  pageMax: 100,
  pageDefault: 50,
  unreadMax: 100,
  /** How far `removed` reaches back (IM-CHANGE-3). */
  departureDays: 30,
  /** A missing seq that is older than this is never filled (IM-SEND-3). */
  holeMs: 15_000,
  /** Timeout of the functions that send: `holeMs` relies on it. */
  senderTimeoutSeconds: 10,
  /** The longest wait of a poll (IM-POLL). */
  pollWaitMs: 20_000,
  /** Polls of one user that wait at the same time, each of another device (IM-POLL-4). */
  waitingPolls: 3,
  /** How long the session of a polling device outlives its last poll's `waitMs` (IM-POLL-2). */
  pollAliveMs: 60_000,
  /** Devices of a user that get notifications: one more replaces the one that registered first (IM-NOTIFY-1). */
  pushDevices: 20,
  /** The URL of a push service for one browser. */
  pushEndpointChars: 1_024,
  apnsTokenChars: 200,
  fcmTokenChars: 1_024,
  /** An older message notifies nobody (IM-NOTIFY-2). */
  notifyForMs: 5 * 60_000,
  /** How long a notification waits for the message to be read. */
  notifyDelaySeconds: 3,
  /** The text in a notification, in code points. */
  notifyBodyChars: 140,
  replyTimeoutMs: 10_000,
  queueNameChars: 64,
  queuesPerAgent: 20,
  agentCapacity: 50,
  topicChars: 200,
  /** Customers at the head of a queue whose new position is pushed when the queue moves. */
  pushedPositions: 10,
  /** The highest position the server reports; customers further behind get this one, too. */
  maxPosition: 1_000,
} as const;
