import type { ListedConversation, SeenMessage } from '../history.ts';
import type { Settings } from '../people-history.ts';
import type { Evidence } from './evidence.ts';
import { endOf, isMaybeOn, type Period, type Switched, surelyOn } from './switches.ts';
import type { Violation } from './violation.ts';

const DEFAULTS: Required<Settings> = { muted: false, archived: false, pinned: false, notify: 'all' };
const NAMES = Object.keys(DEFAULTS) as readonly (keyof Settings)[];

type Value = Settings[keyof Settings];

/** One try to set one thing; `begun` and `at` as of the request. */
interface Tried extends Omit<Switched, 'on'> {
  readonly value: Value;
}

/** When a user surely wanted no notifications of a conversation. */
interface Mute extends Period {
  readonly user: string;
  readonly conversationId: string;
}

/** No message of the model mentions anybody. */
export function mutesOf(evidence: Evidence): Mute[] {
  const owners = new Map(evidence.of('settings').map((one) => [`${one.user} ${one.conversationId}`, one]));
  return [...owners.values()].flatMap(({ user, conversationId }) =>
    (['muted', 'notify'] as const).flatMap((name) => {
      const tries = triesOf(evidence, user, conversationId, name);
      return surelyOn(switched(tries, (value) => value !== DEFAULTS[name])).map(
        (period): Mute => ({ ...period, user, conversationId }),
      );
    }),
  );
}

/** A setting in the list of its user, which was asked for at `begun`. */
export interface ListedSetting {
  readonly at: number;
  readonly begun: number;
  readonly user: string;
  readonly name: keyof Settings;
  readonly row: ListedConversation;
  readonly value: Value;
  readonly tries: readonly Tried[];
}

export function settingsListed(evidence: Evidence): ListedSetting[] {
  return evidence.of('listed').flatMap(({ user, at, begun, conversations }) =>
    conversations
      .filter(({ conversationId }) => !conversationId.startsWith('cs:'))
      .flatMap((row) =>
        NAMES.map((name): ListedSetting => {
          const value = row.settings?.[name] ?? DEFAULTS[name];
          const tries = triesOf(evidence, user, row.conversationId, name);
          return { at, begun, user, name, row, value, tries };
        }),
      ),
  );
}

/** IM-SETTINGS-1, IM-SETTINGS-2: a list says what its user has set, and nothing else; a later message ends `archived`. */
export function findWrongSettings(evidence: Evidence): Violation[] {
  return settingsListed(evidence).flatMap((one): Violation[] => {
    const { user, name, row, value, tries, at } = one;
    if (isRight(evidence, one)) return [];
    const text = `${user} lists ${row.conversationId} with ${name} ${value}`;
    const events = [...tries.map((tried) => tried.at).filter((place) => place >= 0), at];
    return [{ invariant: 'IM-SETTINGS', kind: 'wrong-setting', text, events }];
  });
}

function isRight(evidence: Evidence, one: ListedSetting): boolean {
  const { name, value, tries, begun, at } = one;
  if (name === 'archived' && value === false) return !isSurelyArchived(evidence, one);
  const able =
    name === 'archived'
      ? tries.filter((tried) => !tried.value || !isBroughtBack(evidence, one, tried))
      : tries;
  const own = switched(able, (other) => other === value);
  return isMaybeOn(own, begun, at);
}

/** Whether nothing can have brought it back: neither the user, nor a message that may have come since, unless it came while muted. */
function isSurelyArchived(evidence: Evidence, { user, row, tries, begun, at }: ListedSetting): boolean {
  const mutes = surelyOn(switched(triesOf(evidence, user, row.conversationId, 'muted'), Boolean));
  const cameWhileMuted = (message: SeenMessage) =>
    mutes.some(({ since, until }) => firstTryOf(evidence, message) > since && at < until);
  return surelyOn(switched(tries, Boolean))
    .filter(({ since, until }) => begun > since && at < until)
    .some((period) => messagesSince(evidence, row, period.begun).every(cameWhileMuted));
}

/** The messages up to the last one in the list, without those that were surely there before this event. */
function messagesSince(
  evidence: Evidence,
  { conversationId, lastMessage }: ListedConversation,
  begun: number,
): readonly SeenMessage[] {
  const isHere = (one: { readonly conversationId: string }) => one.conversationId === conversationId;
  const acked = evidence.sends
    .filter(isHere)
    .flatMap(({ acks }) => acks.filter(({ at }) => at < begun).map(({ outcome }) => outcome.seq));
  const seen = evidence.sightings
    .filter(({ at, message }) => at < begun && isHere(message))
    .map(({ message }) => message.seq);
  const known = Math.max(0, ...acked, ...seen);
  return evidence.finalOf(conversationId).filter(({ seq }) => seq > known && seq <= (lastMessage?.seq ?? 0));
}

/** Whether one of the listed messages surely came after this try, and not while muted. */
export function isBroughtBack(
  evidence: Evidence,
  { user, row: { conversationId, lastMessage } }: ListedSetting,
  tried: Tried,
): boolean {
  const mutes = switched(triesOf(evidence, user, conversationId, 'muted'), Boolean);
  return evidence.finalOf(conversationId).some((message) => {
    const begun = firstTryOf(evidence, message);
    if (message.seq > (lastMessage?.seq ?? 0) || begun <= endOf(tried)) return false;
    return !isMaybeOn(mutes, begun, ackOf(evidence, message));
  });
}

/** What nobody has tried to send, such as the server's own words, may have come at any time. */
function firstTryOf(evidence: Evidence, message: SeenMessage): number {
  const tries = evidence.sendsOf(message).flatMap((send) => send.tries.map(({ at }) => at));
  return tries.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...tries);
}

function ackOf(evidence: Evidence, message: SeenMessage): number {
  return Math.min(...evidence.sendsOf(message).flatMap(({ acks }) => acks.map(({ at }) => at)));
}

/** All changes of one setting. It begins with its default, and goes back to it when the user leaves the group or is erased. */
function triesOf(
  evidence: Evidence,
  user: string,
  conversationId: string,
  name: keyof Settings,
): readonly Tried[] {
  const isOwn = (one: { readonly user: string; readonly conversationId: string }) =>
    one.user === user && one.conversationId === conversationId;
  const reset = ({ begun, at, outcome }: Omit<Tried, 'value'>): Tried => {
    return { begun, at, outcome, value: DEFAULTS[name] };
  };
  const tries = evidence.of('settings').filter((one) => isOwn(one) && one.change[name] !== undefined);
  const removals = evidence.of('membership').filter((one) => isOwn(one) && one.change === 'remove');
  const erasures = evidence.of('erase').filter((one) => one.user === user);
  return [
    reset({ begun: -1, at: -1, outcome: 'done' }),
    ...removals.map(reset),
    ...erasures.map(({ begun, at }) => reset({ begun, at, outcome: 'unknown' })),
    ...tries.map(({ begun, at, outcome, change }): Tried => ({ begun, at, outcome, value: change[name] })),
  ];
}

function switched(tries: readonly Tried[], isOn: (value: Value) => boolean): readonly Switched[] {
  return tries.map(({ value, ...one }) => ({ ...one, on: isOn(value) }));
}
