import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { parseConversationId } from '../../protocol/ids.ts';
import type { Chat } from '../domain/model/chat.ts';
import type { SeqAllocation, SeqAllocator, SeqLimits, SeqRefusal } from '../domain/model/conversation.ts';
import { MAX_STARTS, recentStarts, type VolumeStart, volumeOf } from '../domain/model/volume.ts';
import type { Clock } from '../shared/clock.ts';
import {
  BLOCKED_BY,
  blockersIn,
  HEAD,
  IMPORTING,
  LAST,
  memberKey,
  NOT_BLOCKED,
  peerIn,
} from './conversation-table.ts';
import { callDespiteTransactions, type Item, orExisting, unlessRefused } from './dynamodb.ts';
import { messageSortKey } from './message-key.ts';

/*
 * Seqs, from the heads in the conversation table (conversation-table.ts).
 *
 * Access                            Call          Units
 * next seq                          UpdateItem    1 write; 2 for the first of a volume, every 150,000 messages
 * turn in slow mode, change it      UpdateItem    1 write
 *
 * Each reason to refuse a message is a condition of the update that every send makes anyway: it costs no call and no unit, and
 * a refusal takes no seq. The item that a failed condition returns says which one it was.
 */

/** Admins are exempt. The attribute exists only if others may not write. */
const MAY_POST = '(attribute_not_exists(#posting) OR contains(#admins, :from))';
const IS_NOT_SLOW = '(attribute_not_exists(#slow) OR contains(#admins, :from))';

export function createSeqAllocator(
  documents: DynamoDBDocumentClient,
  { tableName, clock }: { readonly tableName: string; readonly clock: Clock },
): SeqAllocator {
  /**
   * When the volume and those before it began. The first sender of a volume notes its start before its message is stored, so
   * every later sender in the volume finds it.
   */
  async function startsOf(
    conversationId: string,
    volume: number,
    head: Item,
  ): Promise<readonly VolumeStart[]> {
    const now = clock();
    const known = (head['starts'] ?? []) as readonly VolumeStart[];
    if (Number(head['volume'] ?? 0) >= volume) return recentStarts(known, now);
    const starts = [{ volume, atMs: now }, ...recentStarts(known, now)].slice(0, MAX_STARTS);
    const command = new UpdateCommand({
      TableName: tableName,
      Key: { pk: conversationId, sk: HEAD },
      UpdateExpression: 'SET volume = :volume, starts = :starts',
      ConditionExpression: 'attribute_exists(pk) AND (attribute_not_exists(volume) OR volume < :volume)',
      ExpressionAttributeValues: { ':volume': volume, ':starts': starts },
    });
    // If the condition fails, another sender has just noted it.
    await unlessRefused(() => callDespiteTransactions(() => documents.send(command)));
    return starts;
  }

  async function toAllocation(conversationId: string, item: Item): Promise<SeqAllocation> {
    const { chat, head, memberCount = 2, slow, ...attributes } = item;
    const volume = volumeOf(Number(head));
    const starts = volume === 0 ? [] : await startsOf(conversationId, volume, attributes);
    const agent = (chat as Chat | undefined)?.agent?.userId;
    return {
      seq: Number(head),
      memberCount: Number(memberCount),
      ...(agent !== undefined && { agent }),
      ...(slow !== undefined && { slowModeSeconds: Number(slow) }),
      ...(starts.length > 0 && { starts }),
    };
  }

  return {
    async nextSeq(conversationId, from, clientMsgId, limits) {
      const peer = peerIn(conversationId, from);
      const isGroup = parseConversationId(conversationId)?.kind === 'group';
      const group = isGroup && limits !== undefined ? groupLimits(from, limits) : NO_LIMITS;
      const command = new UpdateCommand({
        TableName: tableName,
        Key: { pk: conversationId, sk: HEAD },
        // Both sums start from the head before the update
        // (docs.aws.amazon.com/amazondynamodb/latest/developerguide/example_dynamodb_Scenario_UpdateExpressionOrder_section.html).
        UpdateExpression: `SET #head = #head + :one, #tail = :tail, #at = :now${peer === undefined ? '' : ', #last = #head + :one'}`,
        ConditionExpression: [
          'attribute_exists(#head)',
          'attribute_not_exists(#closed)',
          `attribute_not_exists(${IMPORTING})`,
          ...(peer === undefined ? [] : [NOT_BLOCKED]),
          ...group.conditions,
        ].join(' AND '),
        ExpressionAttributeNames: {
          '#head': 'head',
          '#tail': 'tail',
          '#at': 'at',
          '#closed': 'closed',
          ...(peer !== undefined && { '#last': LAST + from, '#blockedBy': BLOCKED_BY }),
          ...group.names,
        },
        ExpressionAttributeValues: {
          ':one': 1,
          ':tail': messageSortKey({ from, clientMsgId }),
          ':now': clock(),
          ...(peer !== undefined && { ':peer': peer }),
          ...group.values,
        },
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const { output, existing } = await orExisting(() =>
        callDespiteTransactions(() => documents.send(command)),
      );
      return output === undefined
        ? toRefusal(existing, from, peer, limits)
        : toAllocation(conversationId, output.Attributes ?? {});
    },

    async takeTurn(userId, conversationId, { seconds, clientMsgId }) {
      const now = clock();
      const command = new UpdateCommand({
        TableName: tableName,
        Key: memberKey(userId, conversationId),
        UpdateExpression: 'SET #turn = :turn',
        // The turn of a member who was removed meanwhile must not bring the row back.
        ConditionExpression:
          'attribute_exists(pk) AND (attribute_not_exists(#turn) OR #turn.#at <= :before OR #turn.#at > :now OR #turn.#id = :id)',
        ExpressionAttributeNames: { '#turn': 'turn', '#at': 'at', '#id': 'id' },
        ExpressionAttributeValues: {
          ':turn': { at: now, s: seconds, id: clientMsgId },
          ':id': clientMsgId,
          ':before': now - seconds * 1_000,
          ':now': now,
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const { output, existing } = await orExisting(() =>
        callDespiteTransactions(() => documents.send(command)),
      );
      if (output !== undefined) return 0;
      const { at } = (existing?.['turn'] ?? { at: now }) as { readonly at: number };
      return Math.max(1, at + seconds * 1_000 - now);
    },

    async changeTurn(userId, conversationId, seconds) {
      const command = new UpdateCommand({
        TableName: tableName,
        Key: memberKey(userId, conversationId),
        ConditionExpression: 'attribute_exists(#turn)',
        ...(seconds === undefined
          ? { UpdateExpression: 'REMOVE #turn', ExpressionAttributeNames: { '#turn': 'turn' } }
          : {
              UpdateExpression: 'SET #turn.#s = :seconds',
              ExpressionAttributeNames: { '#turn': 'turn', '#s': 's' },
              ExpressionAttributeValues: { ':seconds': seconds },
            }),
      });
      await unlessRefused(() => callDespiteTransactions(() => documents.send(command)));
    },
  };
}

interface GroupLimits {
  readonly conditions: readonly string[];
  readonly names: Readonly<Record<string, string>>;
  readonly values: Item;
}

const NO_LIMITS: GroupLimits = { conditions: [], names: {}, values: {} };

function groupLimits(from: string, { maxMembers, hasTurn = false }: SeqLimits): GroupLimits {
  return {
    conditions: [
      MAY_POST,
      ...(hasTurn ? [] : [IS_NOT_SLOW]),
      ...(maxMembers === undefined ? [] : ['#memberCount <= :maxMembers']),
    ],
    names: {
      '#posting': 'posting',
      '#admins': 'admins',
      ...(!hasTurn && { '#slow': 'slow' }),
      ...(maxMembers !== undefined && { '#memberCount': 'memberCount' }),
    },
    values: { ':from': from, ...(maxMembers !== undefined && { ':maxMembers': maxMembers }) },
  };
}

function toRefusal(
  head: Item | undefined,
  from: string,
  peer: string | undefined,
  limits: SeqLimits | undefined,
): SeqRefusal {
  if (peer !== undefined && blockersIn(head).includes(peer)) return { refused: 'blocked' };
  if (head?.['head'] === undefined) return { refused: 'missing' };
  if (head['closed'] !== undefined) return { refused: 'closed' };
  if (head[IMPORTING] !== undefined) return { refused: 'importing' };
  const isAdmin = (head['admins'] as ReadonlySet<string> | undefined)?.has(from) === true;
  if (head['posting'] !== undefined && !isAdmin) return { refused: 'posting' };
  const slow = head['slow'];
  if (slow !== undefined && !isAdmin && limits?.hasTurn !== true)
    return { refused: 'slow', slowModeSeconds: Number(slow) };
  return { refused: 'large', memberCount: Number(head['memberCount'] ?? 0) };
}
