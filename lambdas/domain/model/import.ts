import type { ConversationLine, MemberLine } from '../../../protocol/import.ts';
import type { StoredMessage } from './message.ts';

/** The uploaded files of imports (IM-IMPORT-1). */
export interface ImportFiles {
  /** Up to `length` bytes from `offset` on; empty at the end. @returns `undefined` if there is no file, or no longer */
  read(importId: string, offset: number, length: number): Promise<Buffer | undefined>;
  remove(importId: string): Promise<void>;
}

export interface ImportForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Forms that upload the file of an import. Costs no call. */
export interface ImportForms {
  formOf(
    importId: string,
    size: number,
    nowMs: number,
  ): Promise<ImportForm & { readonly expiresAtMs: number }>;
}

/** How far a user has read when the import begins the conversation. An id may be that of a property that each object has. */
export function readSeqOf({ readSeqs = {}, lastSeq }: ConversationLine, userId: string): number {
  return Math.min((Object.hasOwn(readSeqs, userId) ? readSeqs[userId] : undefined) ?? lastSeq, lastSeq);
}

/** A conversation that an import has for itself. */
export interface Taken {
  /** No message of another origin is at or below it: before this import began. 0: none is the import's */
  readonly reservedBefore: number;
  /** Only imports have sent to it. */
  readonly isUntouched: boolean;
  /** This import has made it. */
  readonly isNew: boolean;
  /** Another import had it, and has not got on for long: its last page may not be over. Until `resume` */
  readonly mustWait?: boolean;
  /** The head, now that this import has it. */
  readonly head: number;
  /** Its last message is noted in the head. */
  readonly hasTail: boolean;
  /** As the head has them: in a direct conversation, by user. */
  readonly lastSeqs: Readonly<Record<string, number>>;
}

/** `live`: users have sent to it, and no import was there before. `busy`: another import has it. */
export type NotTaken = { readonly refused: 'closed' | 'live' | 'busy' | 'noGroup' };

/** Where an imported conversation ends. */
export interface LastMessage {
  readonly from: string;
  readonly clientMsgId: string;
  readonly sentAt: number;
}

/** The rows that only an import writes. */
export interface ImportTable {
  /**
   * Takes the conversation for this task, and reserves its seqs up to `lastSeq` if nobody has ever sent to it: from then on the
   * conversation is in no list, and nobody writes to it or reads it (IM-IMPORT-4). Makes it, with these members, if there is none.
   * Again, it is the same.
   * @param untilMs no write begins after it
   * @throws {UnavailableError} the table is too slow for that
   */
  take(
    line: ConversationLine,
    taskId: string,
    members: readonly string[],
    untilMs: number,
  ): Promise<Taken | NotTaken>;
  /** What `take` would return, without taking it. */
  look(line: ConversationLine, taskId: string): Promise<Taken | NotTaken>;
  /** Takes it again, if this task had it, and no other has it now. @returns false if one has, or somebody deletes it */
  resume(conversationId: string, taskId: string): Promise<boolean>;
  /** Whether it is still this task's, and nobody deletes it. */
  has(conversationId: string, taskId: string): Promise<boolean>;
  /**
   * Adds members to a group that the task has: all of them, or none.
   * @returns false if the group would be too large, or is the task's no longer, or has one of them already, or users have sent to it
   */
  addMembers(
    conversationId: string,
    taskId: string,
    members: readonly Required<Pick<MemberLine, 'userId' | 'joinedSeq' | 'readSeq'>>[],
    openHistory: boolean,
  ): Promise<boolean>;
  /** Notes that these users, who are not in the conversation, have written there: an erasure finds it by that (IM-IMPORT-7). Idempotent. */
  noteDeparted(conversationId: string, userIds: readonly string[], atMs: number): Promise<void>;
  /** @returns what is in its place, if anything is */
  put(message: ImportedMessage): Promise<StoredMessage | undefined>;
  /** Gives the conversation back to its users. @param end unless users have sent to it; `last` what it ends with, `undefined`: as it was */
  release(
    conversationId: string,
    taskId: string,
    end: {
      readonly last: LastMessage | undefined;
      readonly lastSeqs: Readonly<Record<string, number>>;
      readonly lastSeq: number;
    },
  ): Promise<void>;
}

export interface ImportedMessage {
  readonly message: StoredMessage;
  /** Its content is gone: it was recalled or erased. */
  readonly isRecalled: boolean;
}
