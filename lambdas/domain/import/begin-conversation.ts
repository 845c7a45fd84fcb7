import { parseConversationId, SYSTEM } from '../../../protocol/ids.ts';
import type { ConversationLine } from '../../../protocol/import.ts';
import { settleAll } from '../../shared/settle.ts';
import { type NotTaken, readSeqOf, type Taken } from '../model/import.ts';
import type { Task } from '../model/task.ts';
import { erasedOf, WRITES_MS } from './import-messages.ts';
import type { ImportPeoplePorts } from './import-people.ts';
import type { Current } from './position.ts';

const NOTHING = { reservedBefore: 0, isUntouched: false, head: 0, hasTail: false, lastSeqs: {} };

const NOT_TAKEN: Readonly<Record<NotTaken['refused'], string>> = {
  closed: 'the group is being deleted',
  live: 'users have sent to this conversation: its seqs are taken',
  busy: 'another import has this conversation: import again when it is done',
  noGroup: 'group is required, with name and admins',
};

/** Takes the conversation of a line for this task, and makes it if there is none. @returns where it stands, perhaps `refused` */
export async function beginConversation(
  ports: ImportPeoplePorts,
  { taskId }: Pick<Task, 'taskId'>,
  line: ConversationLine,
): Promise<{ readonly current: Current; readonly mustWait: boolean }> {
  const { conversationId, lastSeq, group } = line;
  const base = { conversationId, lastSeq, seq: 0, openHistory: group?.openHistory ?? false };
  const refuse = (refused: string) => ({ current: { ...base, ...NOTHING, refused }, mustWait: false });
  const conversation = parseConversationId(conversationId);
  const isDirect = conversation?.kind === 'direct';
  if (isDirect && group !== undefined) return refuse('a direct conversation has no group');
  const users = isDirect ? conversation.users : [...new Set(group?.admins ?? [])];
  const people = users.filter((userId) => userId !== SYSTEM);
  const untilMs = ports.clock() + WRITES_MS;
  const gone = await erasedOf(ports, people);
  const members = users.filter((userId) => !gone.has(userId));
  if (group !== undefined && members.length === 0) return refuse('its admins were erased: name others');
  const taken = await ports.importTable.take(line, taskId, members, untilMs);
  if ('refused' in taken) return refuse(NOT_TAKEN[taken.refused]);
  if (hasMembers(taken))
    await settleAll(
      members.map((userId) =>
        ports.conversationWriter.advanceRead(userId, conversationId, readSeqOf(line, userId)),
      ),
    );
  const { isNew: _, mustWait = false, ...facts } = taken;
  return { current: { ...base, ...facts }, mustWait };
}

/** From an earlier import, and nobody has sent to it since. */
function hasMembers({ isNew, isUntouched }: Taken): boolean {
  return !isNew && isUntouched;
}
