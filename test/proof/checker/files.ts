import type { FilesOpened, Uploaded } from '../platform-history.ts';
import { isGone } from './content.ts';
import { isBeingErased } from './erasures.ts';
import type { At, Evidence } from './evidence.ts';
import type { Violation } from './violation.ts';

/** IM-FILE: a file is what was uploaded, for whoever may read its message, and for nobody once it is gone. */
export function findWrongFiles(evidence: Evidence): Violation[] {
  const uploads = new Map(evidence.of('uploaded').map((one) => [one.attachmentId, one]));
  return [
    ...findWrongRecords(evidence, uploads),
    ...evidence.of('files').flatMap((opened) => judge(evidence, uploads, opened)),
    ...findOpenLinks(evidence),
  ];
}

/** IM-FILE-2: the message has the records that the upload asked for. */
function findWrongRecords(evidence: Evidence, uploads: ReadonlyMap<string, Uploaded>): Violation[] {
  return evidence.conversationIds.flatMap((id) =>
    evidence.finalOf(id).flatMap(({ seq, content }) =>
      recordsIn(content)
        .filter(({ attachmentId, name, size, type }) => {
          const upload = uploads.get(attachmentId);
          return (
            upload?.conversationId !== id ||
            upload.name !== name ||
            upload.size !== size ||
            upload.mime !== type
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
}

function recordsIn(content: unknown): readonly FileRecord[] {
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
  ];
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

/** IM-FILE-4: no link to what is gone works any more. */
function findOpenLinks(evidence: Evidence): Violation[] {
  return evidence
    .of('reopened')
    .filter((link) => link.isOpen && goneSince(evidence, link) < link.begun)
    .map(({ at, conversationId, seq }) =>
      wrong(`a link to a file of ${conversationId} ${seq}, which is gone, works`, [at]),
    );
}

function wrong(text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-FILE', kind: 'wrong-file', text, events };
}
