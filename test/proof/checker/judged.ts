import { isRejected, isRewritten } from '../model/hook-texts.ts';
import { banishmentsOf } from './bans.ts';
import { silencesOf } from './blocks.ts';
import { isErased, isSystem } from './content.ts';
import { deletedIn } from './deletions.ts';
import type { Evidence } from './evidence.ts';
import { recordsIn, removedSince } from './files.ts';
import { isPresenceShown, isTypingShown, mustBeOnline, presencesIn } from './presence.ts';
import { readsBegunAfter } from './reads.ts';
import { infectedIn, isUnscanned } from './scans.ts';
import { isBroughtBack, mutesOf, settingsListed } from './settings.ts';
import { isAtLimit } from './strangers.ts';
import { eventsOf } from './told.ts';

/** How often each promise was put to the test: nobody may think that something held which never happened. */
export function judgedIn(evidence: Evidence): Readonly<Record<string, number>> {
  return {
    ...ofMessages(evidence),
    ...ofPeople(evidence),
    ...ofHints(evidence),
    ...ofOperator(evidence),
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
  return {
    'IM-BAN-1 sends of banned users refused': refused.filter(({ id, at }) => {
      const one = tries.get(id);
      return bans.some(({ user, since, until }) => one?.user === user && one.at > since && at < until);
    }).length,
    'IM-ERASE users erased': ends.length,
    'IM-ADMIN-4 groups deleted': evidence.of('deleted').length,
    'IM-ADMIN-4 sends to deleted groups refused': refused.filter(({ id }) =>
      deleted.has(tries.get(id)?.conversationId ?? ''),
    ).length,
    'IM-ERASE-4 reads of erased messages': erased.filter(({ message }) => isErased(message)).length,
    'IM-ERASE-3 exports read': evidence.of('exported').length,
    'IM-ERASE-3 messages in exports': sum(evidence.of('exported').map(({ messages }) => messages.length)),
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
