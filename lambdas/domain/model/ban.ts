import { BannedError } from '../../shared/errors.ts';

/** A user may not use the service (IM-BAN-1). */
export interface Ban {
  /** When the operator said so: of two, the later one counts. */
  readonly atMs: number;
  /** From then on it does not bind; `NO_END`: it binds until it is lifted; 0: it is lifted. */
  readonly untilMs: number;
  /** For the operator only. */
  readonly reason?: string | undefined;
}

/** As `reason`: the user was erased, and the ban keeps the id from being used again (IM-ERASE-2). */
export const ERASED = 'erased';

/** As `untilMs`: later than all times. */
export const NO_END = Number.MAX_SAFE_INTEGER;

/**
 * @param bannedUntilMs the end of the user's ban, if there is one
 * @throws {BannedError} it binds
 */
export function requireNotBanned(bannedUntilMs: number | undefined, nowMs: number): void {
  if (!isBanned(bannedUntilMs, nowMs)) return;
  throw new BannedError(bannedUntilMs === NO_END ? undefined : bannedUntilMs);
}

export function isBanned(bannedUntilMs: number | undefined, nowMs: number): boolean {
  return bannedUntilMs !== undefined && bannedUntilMs > nowMs;
}
