import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Succession } from '../domain/model/group.ts';
import { HEAD } from './conversation-table.ts';
import { transact } from './dynamodb.ts';
import { checkMember, type GroupWriterProps, marksOf, outboxMark, putMessage } from './group-table.ts';

/*
 * The last admin of a group leaves it, and the role goes on (group-table.ts has the rows).
 *
 * Access    Call                 Units
 * pass on   TransactWriteItems   12 writes: head, the admin's rows, departure, the heir's row (a check), message
 *
 * One transaction, since no group with members may be without an admin, whatever dies.
 */

export function createSuccession(documents: DynamoDBDocumentClient, props: GroupWriterProps): Succession {
  const { conversationsTable: TableName } = props;
  return {
    async passOn({ message, admin, heir }) {
      const { conversationId, seq } = message;
      const head = {
        Update: {
          TableName,
          Key: { pk: conversationId, sk: HEAD },
          UpdateExpression: 'SET admins = :heir, namedSeq = :seq ADD memberCount :minusOne, outbox :mark',
          ConditionExpression: 'admins = :admin AND (attribute_not_exists(namedSeq) OR namedSeq < :seq)',
          ExpressionAttributeValues: {
            ':admin': new Set([admin]),
            ':heir': new Set([heir]),
            ':seq': seq,
            ':minusOne': -1,
            ':mark': new Set([outboxMark(message)]),
          },
        },
      };
      return transact(documents, [
        head,
        ...marksOf(props, conversationId, admin),
        checkMember(TableName, conversationId, heir),
        putMessage(props, message),
      ]);
    },
  };
}
