import type { LIMITS } from '../../../protocol/limits.ts';

/**
 * The protocol's limits that this client uses (docs/protocol.md, section 7). Repeated here so that the rest of the
 * table isn't shipped to browsers; the types make the compiler check that the numbers agree.
 */
type Limit<Name extends keyof typeof LIMITS> = (typeof LIMITS)[Name];

export const REPLY_TIMEOUT_MS: Limit<'replyTimeoutMs'> = 10_000;
export const HEARTBEAT_INTERVAL_MS: Limit<'heartbeatIntervalMs'> = 480_000;
export const MAX_CONTENT_BYTES: Limit<'maxContentBytes'> = 16_384;
/** A hole in the seqs older than this is never filled (IM-SEND-3). */
export const HOLE_MS: Limit<'holeMs'> = 15_000;
export const PAGE_MAX: Limit<'pageMax'> = 100;
export const UNREAD_MAX: Limit<'unreadMax'> = 100;
export const PROFILES_PER_REQUEST: Limit<'profilesPerRequest'> = 100;
export const ATTACHMENTS_PER_MESSAGE: Limit<'attachmentsPerMessage'> = 10;
export const PRESENCE_USERS: Limit<'presenceUsers'> = 100;
