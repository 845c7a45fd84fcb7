import type { MemberLine, UserLine } from '../../../protocol/import.ts';
import type { Clock } from '../../shared/clock.ts';
import { errorBody, isFault, UnavailableError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import type { ConversationWriter } from '../model/conversation.ts';
import type { GroupReader } from '../model/group.ts';
import type { ImportTable } from '../model/import.ts';
import type { ProfileReader, ProfileWriter } from '../model/profile.ts';
import type { RouteReader } from '../model/session.ts';
import type { Task } from '../model/task.ts';
import { requireSmall } from '../people/custom-data.ts';
import { erasedOf, LOST, type Outcome, WRITES_MS } from './import-messages.ts';
import type { Current } from './position.ts';

export interface ImportPeoplePorts {
  readonly profiles: ProfileReader;
  readonly profileWriter: Pick<ProfileWriter, 'create'>;
  readonly clock: Clock;
  /** No other system keeps the profiles. */
  readonly keepsProfiles: boolean;
  readonly importTable: ImportTable;
  readonly routes: Pick<RouteReader, 'presencesOf'>;
  readonly groups: Pick<GroupReader, 'getMembers'>;
  readonly conversationWriter: Pick<ConversationWriter, 'advanceRead'>;
}

/** A transaction has room for 100 items: two rows each, and the head. */
export const MEMBERS_AT_ONCE = 45;
export const USERS_AT_ONCE = 50;

const WAS_ERASED = { reason: 'the user was erased' };

/** Adds members to a group, each at most once. @returns what became of each line */
export async function importMembers(
  ports: ImportPeoplePorts,
  { taskId }: Pick<Task, 'taskId'>,
  { conversationId, lastSeq, isUntouched, openHistory }: Current,
  lines: readonly MemberLine[],
): Promise<readonly Outcome[]> {
  const users = [...new Set(lines.map(({ userId }) => userId))];
  const [there, gone] = await settleAll([
    ports.groups.getMembers(conversationId, users),
    erasedOf(ports, users),
  ]);
  const readSeqOf = ({ readSeq = lastSeq }: MemberLine) => Math.min(readSeq, lastSeq);
  const isFirst = ({ userId }: MemberLine, index: number) =>
    lines.findIndex((line) => line.userId === userId) === index;
  const left = lines.filter((line, index) => isUntouched && isFirst(line, index) && !gone.has(line.userId));
  const added = left.filter(({ userId }) => !there.has(userId));
  const rows = added.map((line) => ({
    userId: line.userId,
    joinedSeq: line.joinedSeq,
    readSeq: readSeqOf(line),
  }));
  const [isAdded] = await settleAll([
    rows.length === 0 || ports.importTable.addMembers(conversationId, taskId, rows, openHistory),
    ...left
      .filter(({ userId }) => there.has(userId))
      .map((line) => ports.conversationWriter.advanceRead(line.userId, conversationId, readSeqOf(line))),
  ]);
  return lines.map((line, index): Outcome => {
    if (gone.has(line.userId)) return WAS_ERASED;
    if (there.has(line.userId) || !isFirst(line, index)) return 'already';
    if (!isUntouched) return { reason: 'users have sent to this group: add the member to it' };
    return isAdded ? 'members' : { reason: `the group is full, or ${LOST}` };
  });
}

/** Puts the profiles of users who have none: what users have said of themselves since an earlier import counts more. */
export async function importUsers(
  ports: ImportPeoplePorts,
  lines: readonly UserLine[],
): Promise<readonly Outcome[]> {
  if (!ports.keepsProfiles) return lines.map(() => ({ reason: 'another system keeps the profiles' }));
  const untilMs = ports.clock() + WRITES_MS;
  const users = [...new Set(lines.map(({ userId }) => userId))];
  const [gone, known] = await settleAll([erasedOf(ports, users), ports.profiles.profiles(users, false)]);
  const there = new Set(known.map(({ userId }) => userId));
  const outcomes: Outcome[] = [];
  for (const line of lines) {
    if (gone.has(line.userId)) outcomes.push(WAS_ERASED);
    else if (there.has(line.userId)) outcomes.push('already');
    else outcomes.push(await importProfile(ports, line, untilMs));
    there.add(line.userId);
  }
  return outcomes;
}

async function importProfile(
  ports: ImportPeoplePorts,
  { kind: _, userId, ...facts }: UserLine,
  untilMs: number,
): Promise<Outcome> {
  try {
    if (facts.custom !== undefined) requireSmall(facts.custom);
    // The user may have been erased since the look at the bans (IM-IMPORT-7).
    if (ports.clock() > untilMs) throw new UnavailableError();
    return (await ports.profileWriter.create(userId, facts)) ? 'users' : 'already';
  } catch (error) {
    if (isFault(error)) throw error;
    return { reason: errorBody(error).message };
  }
}
