import type { Clock } from '../../shared/clock.ts';
import { SessionEndedError } from '../../shared/errors.ts';
import { logger } from '../../shared/logger.ts';
import { userHashOf } from '../../shared/user-hash.ts';
import type { Accounts } from '../model/account.ts';
import { requireNotBanned } from '../model/ban.ts';
import { type Budget, type Meter, type Refusal, UNLIMITED } from '../model/budget.ts';
import { REFUSAL_PRICE } from '../model/prices.ts';
import { overBudget } from './budget.ts';

export interface AdmissionPorts {
  readonly accounts: Accounts;
  readonly meter: Meter;
  readonly clock: Clock;
}

/** The user of a request, as the token says. */
export interface Requester {
  readonly userId: string;
  /** Whether a role of the user has no budget (IM-BUDGET-4). @default false */
  readonly isUnlimited?: boolean | undefined;
}

export function budgetOf({ meter }: Pick<AdmissionPorts, 'meter'>, requester: Requester): Budget {
  return requester.isUnlimited ? UNLIMITED : meter.of(requester.userId);
}

/** Refusals by one instance in a row that a client may ignore before it is disconnected (IM-BUDGET-1). */
const IGNORED_REFUSALS = 10;

/**
 * Admits a frame, by what this instance knows: without a call.
 * @throws {RateLimitedError} the user's budget is used up
 * @throws {SessionEndedError} it is, and the client has ignored that ten times
 */
export async function admitFrame(ports: Pick<AdmissionPorts, 'meter'>, requester: Requester): Promise<void> {
  const refusal = await refusalOf(ports, requester);
  if (refusal === undefined) return;
  const { retryAfterMs, count } = refusal;
  const error = overBudget(retryAfterMs);
  if (count <= IGNORED_REFUSALS) throw error;
  throw new SessionEndedError('rate_limited', error.message, { code: 'rate_limited', retryAfterMs });
}

/**
 * Admits an HTTP request by what this instance knows, without a call: before anything of it begins, a read too.
 * @throws {RateLimitedError} the user's budget is used up
 */
export async function admitFromMemory(
  ports: Pick<AdmissionPorts, 'meter'>,
  requester: Requester,
): Promise<void> {
  const refusal = await refusalOf(ports, requester);
  if (refusal !== undefined) throw overBudget(refusal.retryAfterMs);
}

/** Says whether a request must be refused, and charges for the refusal. Logs only the first: a flood would fill the log. */
async function refusalOf(
  { meter }: Pick<AdmissionPorts, 'meter'>,
  { userId, isUnlimited }: Requester,
): Promise<Refusal | undefined> {
  const refusal = isUnlimited ? undefined : meter.refusalOf(userId);
  if (refusal === undefined) return undefined;
  await meter.of(userId).charge(REFUSAL_PRICE);
  const { count, retryAfterMs } = refusal;
  if (count === 1) logger.info('user over budget', { userHash: userHashOf(userId), retryAfterMs });
  return refusal;
}

/**
 * Admits an HTTP request. It has no session, so this reads the user's account: once, and strongly.
 * @throws {BannedError} the user is banned (IM-BAN-1)
 * @throws {RateLimitedError} the user's budget is used up
 */
export async function admitByAccount(ports: AdmissionPorts, requester: Requester): Promise<void> {
  const { accounts, meter, clock } = ports;
  const { paidAtMs, bannedUntilMs } = await accounts.account(requester.userId);
  requireNotBanned(bannedUntilMs, clock());
  meter.note(requester.userId, paidAtMs);
  await admitFromMemory(ports, requester);
}
