import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { parseConversationId } from '../../protocol/ids.ts';
import type { ConversationLine } from '../../protocol/import.ts';
import { type ImportTable, type NotTaken, readSeqOf, type Taken } from '../domain/model/import.ts';
import { volumeOf } from '../domain/model/volume.ts';
import { UnavailableError } from '../shared/errors.ts';
import { changedAtIn, HEAD, IMPORTING, LAST, memberKey } from './conversation-table.ts';
import { call, callDespiteTransactions, type Item, transact, unlessRefused } from './dynamodb.ts';
import { memberRowKey } from './group-table.ts';
import { createImportRows, type ImportTableProps } from './import-rows.ts';
import { messageSortKey } from './message-key.ts';
import { createTaskReader } from './task-table.ts';

/*
 * What an import writes (docs/adr/0063-an-import-has-a-conversation-for-itself.md), in the conversation and the message table.
 *
 *   head of a conversation: imported?: the highest seq that imports have reserved; importing?: the task that has it now;
 *                           importWaits?: (true) it has taken it from another one, and has not waited yet
 *   a message: imported: true, so that its creation is no event (lib/event-sources.ts)
 *
 * Access                       Call                            Units
 * take, new                    GetItem, TransactWriteItems     1 read, 2 × (1 + 2 a member, 1 in a direct conversation) writes
 * take, again                  GetItem, UpdateItem             1 read, 1 write
 * has                          GetItem                         1 read, strong
 * add n members                TransactWriteItems              2 × (2n + 1) writes
 * note a departed user         PutItem                         1 write
 * put                          PutItem                         2 writes (item, bySeq) a KB
 * release                      UpdateItem                      1 write
 *
 * One put a message: BatchWriteItem takes no condition, and costs the same units. The condition is that nothing is in its place.
 */

const WAITS = 'importWaits';
const ATTEMPTS = 3;
/** A task that saves nothing for so long runs no more: its job is in the dead-letter queue. */
const ABANDONED_MS = 15 * 60_000;

export function createImportTable(documents: DynamoDBDocumentClient, props: ImportTableProps): ImportTable {
  const { conversationsTable: TableName, clock } = props;
  const tasks = createTaskReader(documents, TableName);
  const headKey = (conversationId: string) => ({ pk: conversationId, sk: HEAD });

  async function headOf(conversationId: string): Promise<Item> {
    const command = new GetCommand({ TableName, Key: headKey(conversationId), ConsistentRead: true });
    return (await call(() => documents.send(command))).Item ?? {};
  }

  async function isAbandoned(taskId: string): Promise<boolean> {
    const task = await tasks.task(taskId);
    return task?.step === undefined || clock() - task.updatedAtMs > ABANDONED_MS;
  }

  async function decide(line: ConversationLine, taskId: string, head: Item): Promise<Taken | NotTaken> {
    const holder = head[IMPORTING] as string | undefined;
    const isOthers = holder !== undefined && holder !== taskId;
    const isNew = seqOf(head) === 0;
    if (head['closed'] !== undefined) return { refused: 'closed' };
    if (isOthers && !(await isAbandoned(holder))) return { refused: 'busy' };
    if (!isUntouched(head) && head['imported'] === undefined) return { refused: 'live' };
    const isGroup = parseConversationId(line.conversationId)?.kind === 'group';
    if (isNew && isGroup && line.group === undefined) return { refused: 'noGroup' };
    const lastSeqs = Object.entries(head).flatMap(([name, seq]) =>
      name.startsWith(LAST) ? [[name.slice(LAST.length), Number(seq)] as const] : [],
    );
    return {
      reservedBefore: Number(head['imported'] ?? 0),
      isUntouched: isUntouched(head),
      isNew,
      ...((isOthers || head[WAITS] === true) && { mustWait: true }),
      head: Math.max(seqOf(head), isUntouched(head) ? line.lastSeq : 0),
      hasTail: head['tail'] !== undefined,
      lastSeqs: Object.fromEntries(lastSeqs),
    };
  }

  /** The transaction, or the update of the head alone. @returns false if the head has changed since it was read */
  function write(
    line: ConversationLine,
    taskId: string,
    members: readonly string[],
    head: Item,
  ): Promise<boolean> {
    const { conversationId, lastSeq, group } = line;
    const isNew = seqOf(head) === 0;
    const isReserved = isUntouched(head) && lastSeq > seqOf(head);
    const sets = [`${IMPORTING} = :task`, ...(isReserved ? ['#head = :last, imported = :last'] : [])];
    const values: Item = { ':task': taskId, ...(isReserved && { ':last': lastSeq }) };
    if (head[IMPORTING] !== undefined && head[IMPORTING] !== taskId) {
      sets.push(`${WAITS} = :true`);
      values[':true'] = true;
    }
    if (isNew) {
      sets.push('#at = :zero');
      values[':zero'] = 0;
    }
    if (isNew && group !== undefined) {
      const { name, openHistory, pins, posting, slowModeSeconds: slow } = group;
      sets.push('#name = :name, admins = :admins, memberCount = :count, openHistory = :open');
      Object.assign(values, {
        ':name': name,
        ':admins': new Set(members),
        ':count': members.length,
        ':open': openHistory,
      });
      if (pins === 'members') sets.push('pins = :pins');
      if (pins === 'members') values[':pins'] = pins;
      if (posting === 'admins') sets.push('posting = :posting');
      if (posting === 'admins') values[':posting'] = posting;
      if (slow > 0) sets.push('slow = :slow');
      if (slow > 0) values[':slow'] = slow;
    }
    const update = {
      TableName,
      Key: headKey(conversationId),
      UpdateExpression: `SET ${sets.join(', ')}`,
      ConditionExpression: [
        'attribute_not_exists(closed)',
        head['head'] === undefined ? 'attribute_not_exists(#head)' : '#head = :seen',
        head[IMPORTING] === undefined ? `attribute_not_exists(${IMPORTING})` : `${IMPORTING} = :before`,
      ].join(' AND '),
      ExpressionAttributeNames: {
        '#head': 'head',
        ...(isNew && { '#at': 'at' }),
        ...(isNew && group !== undefined && { '#name': 'name' }),
      },
      ExpressionAttributeValues: {
        ...values,
        ...(head['head'] !== undefined && { ':seen': head['head'] }),
        ...(head[IMPORTING] !== undefined && { ':before': head[IMPORTING] }),
      },
    };
    if (!isNew) return updated(update);
    const rows = members.flatMap((userId) => rowsOf(line, userId));
    return transact(documents, [{ Update: update }, ...rows.map((Item) => ({ Put: { TableName, Item } }))]);
  }

  async function updated(update: UpdateCommand['input']): Promise<boolean> {
    const command = new UpdateCommand(update);
    return (await unlessRefused(() => callDespiteTransactions(() => documents.send(command)))) !== undefined;
  }

  return {
    ...createImportRows(documents, props),

    async take(line, taskId, members, untilMs) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const head = await headOf(line.conversationId);
        const taken = await decide(line, taskId, head);
        if ('refused' in taken) return taken;
        if (clock() > untilMs) break;
        if (await write(line, taskId, members, head)) return taken;
      }
      throw new UnavailableError();
    },

    async look(line, taskId) {
      return decide(line, taskId, await headOf(line.conversationId));
    },

    resume(conversationId, taskId) {
      return updated({
        TableName,
        Key: headKey(conversationId),
        UpdateExpression: `SET ${IMPORTING} = :task REMOVE ${WAITS}`,
        ConditionExpression: `attribute_exists(imported) AND attribute_not_exists(closed) AND (attribute_not_exists(${IMPORTING}) OR ${IMPORTING} = :task)`,
        ExpressionAttributeValues: { ':task': taskId },
      });
    },

    async has(conversationId, taskId) {
      const head = await headOf(conversationId);
      return head[IMPORTING] === taskId && head['closed'] === undefined;
    },

    async release(conversationId, taskId, { last, lastSeqs, lastSeq }) {
      // The list of what has changed since a client last asked has it, however old its messages are.
      const changedAt = { name: changedAtIn(volumeOf(lastSeq)), atMs: clock() };
      const release = {
        TableName,
        Key: headKey(conversationId),
        UpdateExpression: `SET #changedAt = :now REMOVE ${IMPORTING}, ${WAITS}`,
        ConditionExpression: `${IMPORTING} = :task`,
        ExpressionAttributeNames: { '#changedAt': changedAt.name },
        ExpressionAttributeValues: { ':now': changedAt.atMs, ':task': taskId },
      };
      const users = Object.entries(lastSeqs);
      if (last === undefined && users.length === 0) return void (await updated(release));
      const end = last === undefined ? [] : ['#tail = :tail', '#at = :at'];
      const lasts = users.map((_, n) => `#last${n} = :last${n}`);
      const isWritten = await updated({
        ...release,
        UpdateExpression: `SET ${['#changedAt = :now', ...end, ...lasts].join(', ')} REMOVE ${IMPORTING}, ${WAITS}`,
        ConditionExpression: `${IMPORTING} = :task AND #head = imported`,
        ExpressionAttributeNames: {
          ...{ '#changedAt': changedAt.name, '#head': 'head' },
          ...(last !== undefined && { '#tail': 'tail', '#at': 'at' }),
          ...Object.fromEntries(users.map(([userId], n) => [`#last${n}`, LAST + userId])),
        },
        ExpressionAttributeValues: {
          ...{ ':now': changedAt.atMs, ':task': taskId },
          ...(last !== undefined && { ':tail': messageSortKey(last), ':at': last.sentAt }),
          ...Object.fromEntries(users.map(([, seq], n) => [`:last${n}`, seq])),
        },
      });
      if (!isWritten) await updated(release);
    },
  };
}

function seqOf(head: Item): number {
  return Number(head['head'] ?? 0);
}

/** Only imports have moved the head. */
function isUntouched(head: Item): boolean {
  return seqOf(head) === Number(head['imported'] ?? 0);
}

/** The rows of a first member: of a group's admin, or of a user of a direct conversation. */
function rowsOf(line: ConversationLine, userId: string): Item[] {
  const { conversationId, group } = line;
  const own = { ...memberKey(userId, conversationId), readSeq: readSeqOf(line, userId) };
  if (group === undefined) return [own];
  return [
    { ...own, visibleFrom: 1 },
    { ...memberRowKey(conversationId, userId), joinedSeq: 1 },
  ];
}
