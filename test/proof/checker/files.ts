import type { FileRemoval, FilesOpened, Uploaded } from '../platform-history.ts';
import { isGone } from './content.ts';
import { isBeingErased } from './erasures.ts';
import type { At, Evidence } from './evidence.ts';
import { readsBegunAfter } from './reads.ts';
import type { Violation } from './violation.ts';

/** IM-FILE: a file is what was uploaded, for whoever may read its message, and for nobody once it is gone. */
export function findWrongFiles(evidence: Evidence): Violation[] {
  const uploads = new Map(evidence.of('uploaded').map((one) => [one.attachmentId, one]));
  return [
    ...findWrongRecords(evidence, uploads),
    ...evidence.of('files').flatMap((opened) => judge(evidence, uploads, opened)),
    ...findOpenLinks(evidence),
    ...removalsIn(evidence).flatMap((removal) => findShown(evidence, removal)),
  ];
}

/** IM-FILE-2: the message has the records that the upload asked for. */
function findWrongRecords(evidence: Evidence, uploads: ReadonlyMap<string, Uploaded>): Violation[] {
  return evidence.conversationIds.flatMap((id) =>
    evidence.finalOf(id).flatMap(({ seq, content }) =>
      recordsIn(content)
        .filter(({ attachmentId, name, size, type, removed = false }) => {
          const upload = uploads.get(attachmentId);
          return (
            upload?.conversationId !== id ||
            upload.name !== name ||
            upload.size !== size ||
            upload.mime !== type ||
            (removed &&
              !evidence
                .of('removal')
                .some(
                  (one) => one.outcome !== 'refused' && isOf(one, { conversationId: id, seq, attachmentId }),
                ))
          );
        })
        .map(({ attachmentId }) => wrong(`${id} ${seq} says of ${attachmentId} what was not asked for`, [])),
    ),
  );
}

interface FileRecord {
  readonly attachmentId: string;
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly removed?: boolean;
}

/** One file of a message. */
type Place = Pick<FileRemoval, 'conversationId' | 'seq' | 'attachmentId'>;

function isOf(one: Place, { conversationId, seq, attachmentId }: Place): boolean {
  return one.conversationId === conversationId && one.seq === seq && one.attachmentId === attachmentId;
}

export function recordsIn(content: unknown): readonly FileRecord[] {
  const { type, attachments = [] } = content as { type?: string; attachments?: readonly FileRecord[] };
  return type === 'file' ? attachments : [];
}

/** IM-FILE-3. */
function judge(
  evidence: Evidence,
  uploads: ReadonlyMap<string, Uploaded>,
  opened: At<FilesOpened>,
): Violation[] {
  const { at, user, conversationId, seq, begun, outcome, files } = opened;
  const where = `the files of ${conversationId} ${seq}`;
  const message = evidence.finalOf(conversationId).find((one) => one.seq === seq);
  if (message === undefined) return [];
  if (outcome === 'refused') {
    if (isGone(message) || recordsIn(message.content).length === 0 || begun < evidence.healedAt) return [];
    if (isBeingErased(evidence, user, begun)) return [];
    if (!evidence.ownPartOf(user, conversationId).includes(message)) return [];
    return [wrong(`${user} is a member and did not get ${where}`, [at])];
  }
  if (outcome !== 'done') return [];
  const mayNot = evidence.isOutAt(user, conversationId, begun, at) || !evidence.maySee(user, message);
  return [
    ...(mayNot ? [wrong(`${user} is no member and got ${where}`, [begun, at])] : []),
    ...(goneSince(evidence, opened) < begun
      ? [wrong(`${user} got ${where}, which are gone`, [begun, at])]
      : []),
    ...files
      .filter(({ attachmentId, bytes }) => bytes !== undefined && uploads.get(attachmentId)?.bytes !== bytes)
      .map(({ attachmentId }) =>
        wrong(`${user} got other bytes of ${attachmentId} than were uploaded`, [at]),
      ),
    ...files
      .filter(({ bytes }) => bytes === undefined && begun > evidence.healedAt)
      .map(({ attachmentId }) => wrong(`${user} got no bytes of ${attachmentId} by its link`, [at])),
    ...files
      .filter(({ attachmentId }) => removedSince(evidence, { conversationId, seq, attachmentId }) < begun)
      .map(({ attachmentId }) =>
        wrong(`${user} got a link to ${attachmentId}, which was removed`, [begun, at]),
      ),
    ...recordsIn(message.content)
      .filter(({ attachmentId, removed }) => {
        return removed !== true && !files.some((file) => file.attachmentId === attachmentId);
      })
      .map(({ attachmentId }) => wrong(`${user} got ${where} without ${attachmentId}`, [at])),
  ];
}

function removalsIn(evidence: Evidence): readonly At<FileRemoval>[] {
  return evidence.of('removal').filter(({ outcome }) => outcome === 'done');
}

/** When the file was certainly removed from its message. */
export function removedSince(evidence: Evidence, place: Place): number {
  const removals = removalsIn(evidence).filter((one) => isOf(one, place));
  return Math.min(...removals.map(({ at }) => at), Number.POSITIVE_INFINITY);
}

/** IM-FILE-8: once a file is removed, its message says so. */
function findShown(evidence: Evidence, { at: removedAt, ...removal }: At<FileRemoval>): Violation[] {
  const { conversationId, seq, attachmentId } = removal;
  return readsBegunAfter(evidence, removedAt)
    .filter(({ message }) => message.conversationId === conversationId && message.seq === seq)
    .filter(({ message }) =>
      recordsIn(message.content).some((one) => one.attachmentId === attachmentId && one.removed !== true),
    )
    .map(({ at, user }) =>
      wrong(`${user} read ${conversationId} ${seq} with ${attachmentId}, which was removed`, [removedAt, at]),
    );
}

/** When the message was certainly recalled, or erased. */
function goneSince(
  evidence: Evidence,
  { conversationId, seq }: { readonly conversationId: string; readonly seq: number },
): number {
  const recalls = evidence.recallsOf({ conversationId, seq }).filter(({ outcome }) => outcome === 'done');
  const from = evidence.finalOf(conversationId).find((one) => one.seq === seq)?.from;
  const erasures = evidence.of('erased').filter(({ user }) => user === from);
  return Math.min(...[...recalls, ...erasures].map(({ at }) => at), Number.POSITIVE_INFINITY);
}

/** IM-FILE-4, IM-FILE-8: no link to what is gone works any more. */
function findOpenLinks(evidence: Evidence): Violation[] {
  return evidence
    .of('reopened')
    .filter(
      (link) => link.isOpen && Math.min(goneSince(evidence, link), removedSince(evidence, link)) < link.begun,
    )
    .map(({ at, conversationId, seq, attachmentId }) =>
      wrong(`a link to ${attachmentId} of ${conversationId} ${seq}, which is gone, works`, [at]),
    );
}

function wrong(text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-FILE', kind: 'wrong-file', text, events };
}
