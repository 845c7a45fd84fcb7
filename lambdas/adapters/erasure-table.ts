import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { MessageChange } from '../../protocol/frames.ts';
import { ERASED_HASH, type Erasure } from '../domain/model/erasure.ts';
import type { Author, Change, MessagePlace } from '../domain/model/message.ts';
import { call, type Item, updateIf } from './dynamodb.ts';
import { messageItemKey, messageSortKey, parseMessageSortKey, volumeKey } from './message-key.ts';
import { toStored } from './message-table.ts';

/*
 * The messages of one user, in the message table (message-table.ts). The sort key begins with the sender, so those of a volume are
 * one range of the table itself: no index, and no read of others' messages.
 *
 * Access         Call         Units for messages of ≤ 1 KB
 * written        Query        1 read per 4 KB, strong
 * erase          UpdateItem   3 writes if the message never changed (item, bySeq, byChange), else 4: its entry moves
 * showWithout    UpdateItem   4 writes
 */

export interface ErasureProps {
  readonly tableName: string;
  /** As of the writer of messages: whether a changed message says its last change. */
  readonly keepsChange: boolean;
}

export function createErasure(
  documents: DynamoDBDocumentClient,
  { tableName, keepsChange }: ErasureProps,
): Erasure {
  return {
    async written({ conversationId, volume }, userId, { after, limit }) {
      const pk = volumeKey(conversationId, volume);
      const command = new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sender)',
        ExpressionAttributeValues: {
          ':pk': pk,
          ':sender': messageSortKey({ from: userId, clientMsgId: '' }),
        },
        ConsistentRead: true,
        Limit: limit,
        ...(after !== undefined && {
          ExclusiveStartKey: { pk, sk: messageSortKey({ from: userId, clientMsgId: after }) },
        }),
      });
      const { Items = [], LastEvaluatedKey: last } = await call(() => documents.send(command));
      return {
        // A claim has no seq, and no content.
        messages: Items.filter((item) => item['seq'] !== undefined).map(toStored),
        next: last && parseMessageSortKey(String(last['sk'])).clientMsgId,
      };
    },

    erase: (place, contentJson, author) =>
      change(place, author, {
        set: 'content = :content, #hash = :erased, recalled = :true',
        remove: ', mentions, replyTo, editId, editedAt, reactions, pin, removedFiles',
        condition: '#hash <> :erased',
        values: { ':content': contentJson, ':erased': ERASED_HASH, ':true': true },
      }),

    eraseNames: (place, contentJson, author) =>
      change(place, author, {
        set: 'content = :content, #hash = :erased',
        condition: '#hash <> :erased',
        values: { ':content': contentJson, ':erased': ERASED_HASH },
      }),

    showWithout: (place, summary, author) =>
      summary === undefined
        ? change(place, author, { condition: 'attribute_not_exists(recalled)' })
        : change(place, author, {
            set: 'reactions = :summary',
            condition: 'attribute_not_exists(recalled) AND NOT (reactions.version >= :version)',
            values: { ':summary': summary, ':version': summary.version },
          }),
  };

  /** Counts the change, and replaces what the last one was: it may quote the user, too. */
  async function change(
    place: MessagePlace,
    { by, atMs }: Author,
    { set, remove = '', condition, values }: Rewrite,
  ): Promise<Change | undefined> {
    const what: MessageChange = { kind: 'erased', by };
    const sets = [
      ...(set === undefined ? [] : [set]),
      'changedAt = :at, rev = if_not_exists(rev, :zero) + :one',
      ...(keepsChange ? ['#change = :change'] : []),
    ];
    const removes = `${keepsChange ? '' : ', #change'}${remove}`.replace(/^, /, '');
    const { item, isChanged } = await updateIf(documents, tableName, {
      Key: messageItemKey(place),
      UpdateExpression: `SET ${sets.join(', ')}${removes === '' ? '' : ` REMOVE ${removes}`}`,
      ConditionExpression: `attribute_exists(seq) AND ${condition}`,
      ExpressionAttributeNames: {
        '#change': 'change',
        ...(condition.includes('#hash') && { '#hash': 'hash' }),
      },
      ExpressionAttributeValues: {
        ...values,
        ...{ ':at': atMs, ':zero': 0, ':one': 1 },
        ...(keepsChange && { ':change': what }),
      },
    });
    // In the place of a claim there is no message.
    return item?.['seq'] === undefined ? undefined : { message: toStored(item), isChanged };
  }
}

interface Rewrite {
  readonly set?: string;
  /** Each with a comma before it. */
  readonly remove?: string;
  readonly condition: string;
  readonly values?: Item;
}
