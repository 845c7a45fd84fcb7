import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { LIMITS } from '../../protocol/limits.ts';
import type { PinState } from '../domain/model/message.ts';
import type { Pin, PinReader, PinWriter } from '../domain/model/pin.ts';
import { call, type Item, type UpdateInput, unlessRefused, updateIf } from './dynamodb.ts';

/*
 * The pins of a conversation: one item in its partition of the conversation table. They are not in the head, which each send
 * writes and which should stay below 1 KB. The item sorts before the members' rows, which begin with 'm#'.
 *
 *   pk                 sk        attributes
 *   <conversationId>   '#pins'   version, pinCount; for each pinned message p#<seq> (map: from, clientMsgId, by, at)
 *                                and o#<seq>: the version that pinned it, which orders the pins
 *
 * Access        Call         Units
 * pin, unpin    UpdateItem   1 write per KB ≈ 6 pins; idempotent by its own condition
 * list          GetItem      1 read per 4 KB, strong: users see their own pins
 * drop          UpdateItem   1 write per KB
 */

const SORT_KEY = '#pins';
const PIN = 'p#';
const ORDER = 'o#';

export function createPinReader(documents: DynamoDBDocumentClient, tableName: string): PinReader {
  return {
    async pins(conversationId) {
      const key = { pk: conversationId, sk: SORT_KEY };
      const command = new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true });
      const { Item: item = {} } = await call(() => documents.send(command));
      const seqs = Object.keys(item).flatMap((name) =>
        name.startsWith(PIN) ? [Number(name.slice(PIN.length))] : [],
      );
      const latestFirst = seqs.sort((a, b) => orderOf(item, b) - orderOf(item, a));
      return {
        version: versionOf(item),
        pins: latestFirst.map((seq) => ({
          conversationId,
          seq,
          ...(item[PIN + seq] as Omit<Pin, 'conversationId' | 'seq'>),
        })),
      };
    },
  };
}

export function createPinWriter(documents: DynamoDBDocumentClient, tableName: string): PinWriter {
  return {
    async pin({ conversationId, seq, from, clientMsgId }, { by, at }) {
      const { item, isChanged } = await update(conversationId, seq, {
        UpdateExpression:
          'SET #pin = :pin, #order = if_not_exists(version, :zero) + :one ADD version :one, pinCount :one',
        ConditionExpression:
          'attribute_not_exists(#pin) AND (attribute_not_exists(pinCount) OR pinCount < :most)',
        ExpressionAttributeValues: {
          ':pin': { from, clientMsgId, by, at },
          ':one': 1,
          ':zero': 0,
          ':most': LIMITS.pinsPerConversation,
        },
      });
      const state = stateOf(item, seq);
      return state.pinned === undefined ? 'full' : { isChanged, state };
    },

    async unpin({ conversationId, seq }) {
      const { item, isChanged } = await update(conversationId, seq, {
        UpdateExpression: 'REMOVE #pin, #order ADD version :one, pinCount :minusOne',
        ConditionExpression: 'attribute_exists(#pin)',
        ExpressionAttributeValues: { ':one': 1, ':minusOne': -1 },
      });
      return { isChanged, state: stateOf(item, seq) };
    },

    async drop(conversationId, seqs, version) {
      const names = seqs.flatMap((seq) => [PIN + seq, ORDER + seq]);
      const command = new UpdateCommand({
        TableName: tableName,
        Key: { pk: conversationId, sk: SORT_KEY },
        UpdateExpression: `REMOVE ${names.map((_, index) => `#n${index}`).join(', ')} ADD version :one, pinCount :less`,
        ConditionExpression: 'version = :version',
        ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#n${index}`, name])),
        ExpressionAttributeValues: { ':version': version, ':one': 1, ':less': -seqs.length },
      });
      await unlessRefused(() => documents.send(command));
    },
  };

  async function update(conversationId: string, seq: number, expressions: Omit<UpdateInput, 'Key'>) {
    const { item = {}, isChanged } = await updateIf(documents, tableName, {
      Key: { pk: conversationId, sk: SORT_KEY },
      ...expressions,
      ExpressionAttributeNames: { '#pin': PIN + seq, '#order': ORDER + seq },
    });
    return { item, isChanged };
  }
}

/** The pin state for the message of this seq. */
function stateOf(item: Item, seq: number): PinState {
  const pin = item[PIN + seq] as Pin | undefined;
  if (pin === undefined) return { version: versionOf(item) };
  return { version: orderOf(item, seq), pinned: { by: pin.by, at: pin.at } };
}

function versionOf(item: Item): number {
  return Number(item['version'] ?? 0);
}

function orderOf(item: Item, seq: number): number {
  return Number(item[ORDER + seq]);
}
