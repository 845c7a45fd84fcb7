import type { Ended, HistoryEvent } from '../history.ts';
import { isBeingErased } from './erasures.ts';
import type { At, Evidence } from './evidence.ts';
import { isMaybeOn } from './switches.ts';
import type { Violation } from './violation.ts';

/** From an event after which the user was surely banned until one that may have ended that. */
export interface Banishment {
  readonly user: string;
  readonly since: number;
  readonly until: number;
}

/** What a user was given, and the log index of what they had asked for it. */
interface Service {
  readonly user: string;
  readonly begun: number;
  readonly event: At<HistoryEvent>;
}

/** IM-BAN-1, IM-BAN-2: a banned user is served nothing: neither an ack, nor a page, nor a support chat. So is one who was erased. */
export function findServedBanned(evidence: Evidence): Violation[] {
  const bans = banishmentsOf(evidence);
  return servicesIn(evidence).flatMap(({ user, begun, event }) =>
    bans
      .filter((ban) => ban.user === user && begun > ban.since && event.at < ban.until)
      .map(({ since }): Violation => {
        const text = `${user} was banned and was served (${event.type})`;
        return { invariant: 'IM-BAN', kind: 'banned-but-served', text, events: [since, begun, event.at] };
      }),
  );
}

function servicesIn(evidence: Evidence): Service[] {
  const tries = new Map(evidence.of('try').map((one) => [one.id, one]));
  return evidence.events.flatMap((event): Service[] => {
    if (event.type === 'settled' && event.outcome.is === 'acked') {
      const one = tries.get(event.id);
      return one === undefined || one.via === 'import' ? [] : [{ user: one.user, begun: one.at, event }];
    }
    if (event.type === 'listed') return [{ user: event.user, begun: event.begun, event }];
    if (event.type === 'saw' && event.page !== undefined)
      return [{ user: event.user, begun: event.page.begun, event }];
    if (event.type === 'load' && event.chats.length > 0)
      return [{ user: event.user, begun: event.begun, event }];
    return [];
  });
}

export function banishmentsOf(evidence: Evidence): Banishment[] {
  const changes = evidence.of('ban');
  const bans = changes.filter(({ change, outcome }) => change === 'ban' && outcome === 'done');
  const temporary = bans.flatMap(({ user, begun, at }): Banishment[] => {
    const lifts = changes.filter(
      (one) => one.user === user && one.change === 'lift' && one.outcome !== 'refused',
    );
    const ends = lifts.filter((one) => one.outcome === 'unknown' || one.at > begun);
    const until = Math.min(...ends.map((one) => one.begun), Number.POSITIVE_INFINITY);
    return until < at ? [] : [{ user, since: at, until }];
  });
  const forever = evidence
    .of('erased')
    .map(({ user, at }): Banishment => ({ user, since: at, until: Number.POSITIVE_INFINITY }));
  return [...temporary, ...forever];
}

/** How a client is told of a ban: over its socket, or when it asks why its upgrade was refused (IM-BAN-1). */
const WORDS_OF_A_BAN: readonly (string | undefined)[] = ['banned', 'forbidden'];

/** Whether a client was told that its user is banned, who may have been: for a while, or by an erasure (IM-ERASE-2). */
export function isEndedByBan(evidence: Evidence, { user, at, begun, code }: At<Ended>): boolean {
  if (begun === undefined || !WORDS_OF_A_BAN.includes(code)) return false;
  const tries = evidence
    .of('ban')
    .filter((one) => one.user === user)
    .map(({ change, ...one }) => ({ ...one, on: change === 'ban' }));
  return isBeingErased(evidence, user, at) || isMaybeOn(tries, begun, at);
}
