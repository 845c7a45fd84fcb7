import { isRejected, isRewritten } from '../model/hook-texts.ts';
import { type Banishment, banishmentsOf, isEndedByBan } from './bans.ts';
import { silencesOf } from './blocks.ts';
import { isErased, isSystem } from './content.ts';
import { deletedIn } from './deletions.ts';
import { isBeingErased } from './erasures.ts';
import { type Evidence, isDesk, type Send } from './evidence.ts';
import { recordsIn, removedSince } from './files.ts';
import { isPresenceShown, isTypingShown, mustBeOnline, presencesIn } from './presence.ts';
import { readsBegunAfter } from './reads.ts';
import { infectedIn, isUnscanned } from './scans.ts';
import { isBroughtBack, mutesOf, settingsListed } from './settings.ts';
import { isAtLimit } from './strangers.ts';
import { eventsOf } from './told.ts';

/** The author of what the desk does by itself. */
const DESK = 'im:desk';

interface DeskContent {
  readonly event: string;
  readonly by: string;
  readonly users: readonly string[];
}

/** How often each promise was put to the test: nobody may think that something held which never happened. */
export function judgedIn(evidence: Evidence): Readonly<Record<string, number>> {
  return {
    ...ofMessages(evidence),
    ...ofPeople(evidence),
    ...ofHints(evidence),
    ...ofOperator(evidence),
    ...ofBarredAtDesk(evidence),
    ...ofPlatform(evidence),
  };
}

function ofMessages(evidence: Evidence): Record<string, number> {
  const done = (type: 'recall' | 'edit' | 'react' | 'pin') =>
    evidence.of(type).filter(({ outcome }) => outcome === 'done').length;
  return {
    'IM-INV-1 acks looked up in history': sum(evidence.sends.map(({ acks }) => acks.length)),
    'IM-INV-2, IM-INV-3 messages seen': evidence.sightings.length,
    'IM-INV-4 devices synced': evidence.of('synced').length,
    'IM-INV-5 messages of changing groups seen': evidence.sightings.filter(({ message }) =>
      evidence.isChanging(message.conversationId),
    ).length,
    'IM-INV-6 rows of lists': sum(evidence.of('listed').map(({ conversations }) => conversations.length)),
    'IM-FAULT-15 recalls done': done('recall'),
    'IM-EDIT edits done': done('edit'),
    'IM-REACT reactions done': done('react'),
    'IM-PIN pins done': done('pin'),
    'IM-CHANGE-4 views of the SDK': evidence.of('shown').length,
    'IM-DESK chats': sum(evidence.of('chats').map(({ chats }) => chats.length)),
  };
}

function ofPeople(evidence: Evidence): Record<string, number> {
  const silences = silencesOf(evidence);
  const forbidden = new Set(
    evidence
      .of('settled')
      .filter(({ outcome }) => outcome.is === 'refused' && outcome.code === 'forbidden')
      .map(({ id }) => id),
  );
  const mutes = mutesOf(evidence);
  const settings = settingsListed(evidence);
  return {
    'IM-SETTINGS-1 settings listed that are no defaults': settings.filter(
      ({ name, row }) => row.settings?.[name],
    ).length,
    'IM-SETTINGS-2 archived conversations that a message brought back': settings.filter(
      (one) =>
        one.name === 'archived' &&
        one.value === false &&
        one.tries.some(
          (tried) => tried.value === true && tried.outcome === 'done' && isBroughtBack(evidence, one, tried),
        ),
    ).length,
    'IM-NOTIFY-2 messages to who had muted': evidence.sends.filter(({ user, conversationId, acks }) =>
      mutes.some(
        (one) =>
          one.conversationId === conversationId &&
          one.user !== user &&
          acks.some(({ at }) => at > one.since && at < one.until),
      ),
    ).length,
    'IM-BUDGET-3 strangers met': sum(evidence.of('met').map(({ people }) => people.length)),
    'IM-BUDGET-3 meetings refused at the limit': evidence.of('recruited').filter(isAtLimit).length,
    'IM-BLOCK-1 blocks made': silences.length,
    'IM-BLOCK-1 sends of blocked users refused': evidence
      .of('try')
      .filter(({ id, user, conversationId, at }) =>
        silences.some(
          (one) =>
            forbidden.has(id) && one.peer === user && one.conversationId === conversationId && at > one.since,
        ),
      ).length,
    'IM-BLOCK-2 cursors that a blocked user might have learned': evidence
      .of('read')
      .filter(({ done, user, conversationId, begun, at }) =>
        silences.some(
          (one) =>
            done &&
            one.user === user &&
            one.conversationId === conversationId &&
            begun > one.since &&
            at < one.until,
        ),
      ).length,
    'IM-BLOCK-3 additions by a blocked user': evidence
      .of('membership')
      .filter(({ user, by, change, begun, at }) =>
        silences.some(
          (one) =>
            change === 'add' && one.user === user && one.peer === by && begun > one.since && at < one.until,
        ),
      ).length,
  };
}

function ofHints(evidence: Evidence): Record<string, number> {
  const silences = silencesOf(evidence);
  const asked = presencesIn(evidence);
  return {
    'IM-PRESENCE-2 typing signals received': evidence.of('typing').length,
    'IM-PRESENCE-2 typing signals in direct conversations that must not arrive': evidence
      .of('types')
      .filter(({ user: of, conversationId, on, at: until }, _, all) => {
        const to = evidence.peerOf(of, conversationId);
        // One that comes may be an earlier one, if that was allowed.
        const same = all.filter(
          (one) =>
            one.user === of && one.conversationId === conversationId && one.on === on && one.at <= until,
        );
        return (
          to !== undefined &&
          !same.some(({ at: since }) =>
            isTypingShown(evidence, silences, { of, to, conversationId, since, until }),
          )
        );
      }).length,
    'IM-PRESENCE-2 users shown who must be online': asked.filter((one) => mustBeOnline(evidence, one)).length,
    'IM-PRESENCE-2 users asked for whom the answer must hide': asked.filter(
      (one) => !isPresenceShown(evidence, silences, one),
    ).length,
  };
}

function ofOperator(evidence: Evidence): Record<string, number> {
  const ends = evidence.of('erased');
  const erased = ends.flatMap(({ at, user }) =>
    readsBegunAfter(evidence, at).filter(({ message }) => message.from === user && !isSystem(message)),
  );
  const bans = banishmentsOf(evidence);
  const refused = evidence.of('settled').filter(({ outcome }) => outcome.is === 'refused');
  const deleted = deletedIn(evidence.events);
  const tries = new Map(evidence.of('try').map((one) => [one.id, one]));
  const ended = evidence.of('ended').filter((end) => isEndedByBan(evidence, end));
  return {
    'IM-BAN-1 sends of banned users refused': refused.filter(({ id, at }) => {
      const one = tries.get(id);
      return bans.some(({ user, since, until }) => one?.user === user && one.at > since && at < until);
    }).length,
    'IM-BAN-1 programs that a ban ended': ended.filter(({ user, at }) => !isBeingErased(evidence, user, at))
      .length,
    'IM-BAN-1 messages that a program wrote amid a ban and sent after it': evidence.sends.filter((send) =>
      bans.some((ban) => ban.user === send.user && isSentAfter(send, ban)),
    ).length,
    'IM-ERASE users erased': ends.length,
    'IM-ERASE-2 programs that an erasure ended': ended.filter(({ user, at }) =>
      isBeingErased(evidence, user, at),
    ).length,
    'IM-ADMIN-4 groups deleted': evidence.of('deleted').length,
    'IM-ADMIN-4 sends to deleted groups refused': refused.filter(({ id }) =>
      deleted.has(tries.get(id)?.conversationId ?? ''),
    ).length,
    'IM-ERASE-4 reads of erased messages': erased.filter(({ message }) => isErased(message)).length,
    'IM-ERASE-3 exports read': evidence.of('exported').length,
    'IM-ERASE-3 messages in exports': sum(evidence.of('exported').map(({ messages }) => messages.length)),
  };
}

/** A program's tries name no connection. */
function isSentAfter({ tries, acks }: Send, { since, until }: Banishment): boolean {
  const isAmid = tries.some(
    ({ at, via, connection }) => via === 'socket' && connection === undefined && at > since && at < until,
  );
  return isAmid && acks.some(({ at }) => at > until);
}

/** What the desk itself did because its agents or customers were banned or erased. */
function ofBarredAtDesk(evidence: Evidence): Record<string, number> {
  const erased = new Set(evidence.of('erased').map(({ user }) => user));
  const chats = evidence.conversationIds.filter(isDesk).map((id) => ({
    customer: evidence.customerOf(id),
    changes: evidence.finalOf(id).map(({ content }) => content as Partial<DeskContent>),
  }));
  const lost = chats.flatMap(({ changes }) =>
    changes.flatMap(({ event, by, users = [] }) => (event === 'requeued' && by === DESK ? users : [])),
  );
  return {
    'IM-BAN-2 banned agents who have lost their chats': evidence
      .of('load')
      .filter((load) => load.chats.length === 0 && lost.includes(load.user)).length,
    'IM-ERASE-4 chats of erased customers closed': chats.filter(
      ({ customer, changes }) =>
        erased.has(customer) && changes.some(({ event, by }) => event === 'closed' && by === DESK),
    ).length,
    'IM-ERASE-4 chats of erased agents requeued': lost.filter((user) => erased.has(user)).length,
  };
}

function ofPlatform(evidence: Evidence): Record<string, number> {
  const rejected = evidence.sends.filter(({ content }) => isRejected(content));
  const told = evidence.of('told').flatMap(({ events }) => events);
  return {
    'IM-HOOK-1 sends that the hook rejects': rejected.length,
    'IM-HOOK-1 rewritten messages seen': evidence.sightings.filter(({ message }) =>
      isRewritten(message.content),
    ).length,
    'IM-FILE-2 files uploaded': evidence.of('uploaded').length,
    'IM-FILE-3 files got': sum(evidence.of('files').map(({ files }) => files.length)),
    'IM-FILE-3 links refused': evidence.of('files').filter(({ outcome }) => outcome === 'refused').length,
    'IM-FILE-4 links that do not work any more': evidence.of('reopened').filter(({ isOpen }) => !isOpen)
      .length,
    'IM-FILE-8 files removed': evidence.of('removal').filter(({ outcome }) => outcome === 'done').length,
    'IM-FILE-8 links to removed files that do not work any more': evidence
      .of('reopened')
      .filter((link) => !link.isOpen && removedSince(evidence, link) < link.begun).length,
    'IM-FILE-9 sends with malware refused': filesTried(evidence, 'refused').filter(({ id }) =>
      infectedIn(evidence).has(id),
    ).length,
    'IM-FILE-9 sends before the result of a scan': filesTried(evidence, 'unknown').filter(({ id, end }) =>
      isUnscanned(evidence, id, end),
    ).length,
    'IM-NOTIFY-2 notifications': evidence.of('notified').length,
    'IM-NOTIFY-2 users who were away and had to be told': evidence.of('due').length,
    'IM-IMPORT-3 imported messages': evidence.sends.filter(({ tries }) =>
      tries.some(({ via }) => via === 'import'),
    ).length,
    'IM-ARCHIVE-1 messages in the archive': sum(
      evidence.of('archived').map(({ messages }) => messages.length),
    ),
    'IM-EVENT-1 events expected': told.length === 0 ? 0 : eventsOf(evidence).size,
    'IM-EVENT-1 events that came': told.length,
    'IM-EVENT-6 replays under way': evidence.of('replayed').filter(({ events }) => events === undefined)
      .length,
    'IM-EVENT-6 changed messages told again': told.filter(
      ({ rev, data }) => rev === 0 && (data.message?.rev ?? 0) > 0,
    ).length,
    'IM-EVENT-6 events of replays at the end': sum(
      evidence.of('replayed').map(({ events = [] }) => events.length),
    ),
  };
}

/** The files of each try of a send with this outcome. */
function filesTried(evidence: Evidence, outcome: 'refused' | 'unknown') {
  const tries = new Map(evidence.of('try').map((one) => [one.id, one]));
  return evidence
    .of('settled')
    .filter((one) => one.outcome.is === outcome)
    .flatMap((end) =>
      recordsIn(tries.get(end.id)?.content ?? {}).map(({ attachmentId }) => ({ id: attachmentId, end })),
    );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
