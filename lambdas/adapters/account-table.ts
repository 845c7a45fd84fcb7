import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Account, Accounts, DebtOptions } from '../domain/model/account.ts';
import { UnavailableError } from '../shared/errors.ts';
import { call, type Item, orExisting } from './dynamodb.ts';

/*
 * Accounts, in the user's item of the route table: every function that reads a caller's sessions reads them as well.
 *
 *   userId (PK)  'alice'
 *   paid         when the user's debt is paid, epoch milliseconds (docs/adr/0039-a-budget-in-money.md)
 *   met          { d: day, n: strangers met on that day }
 *   ban          { at: when the operator said so, until: when it ends, reason? } (written by route-table.ts)
 *
 * Access                 Call         Units (item of up to 10 devices ≈ 2 KB)
 * account                GetItem      1 read, strong
 * add debt, meet         UpdateItem   1 write per KB; twice if the guess about the item was wrong
 */

export const PAID = 'paid';
export const MET = 'met';
export const BAN = 'ban';
const ATTEMPTS = 4;

export function createAccounts(documents: DynamoDBDocumentClient, tableName: string): Accounts {
  const update = (userId: string, expression: Pick<UpdateCommand['input'], 'UpdateExpression'>) =>
    orExisting(() =>
      documents.send(
        new UpdateCommand({
          TableName: tableName,
          Key: { userId },
          ReturnValues: 'UPDATED_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          ...expression,
        }),
      ),
    );

  return {
    async account(userId) {
      const command = new GetCommand({ TableName: tableName, Key: { userId }, ConsistentRead: true });
      return toAccount((await call(() => documents.send(command))).Item);
    },

    async addDebt(userId, debtMs, options) {
      let { seenPaidAtMs: paidAtMs = 0 } = options;
      const { nowMs, ifPaidByMs = Number.POSITIVE_INFINITY } = options;
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        // Debts only grow: one that was seen to be too long still is.
        if (paidAtMs > ifPaidByMs) return { isAdded: false, paidAtMs };
        const expression =
          paidAtMs > nowMs ? lengthen(debtMs, options) : begin(nowMs + Math.ceil(debtMs), nowMs);
        const { output, existing } = await update(userId, expression);
        paidAtMs = paidAtMsIn(output?.Attributes ?? existing);
        if (output !== undefined) return { isAdded: true, paidAtMs };
      }
      throw new UnavailableError();
    },

    async meet(userId, strangers, { day: today, maximum }) {
      let day = today;
      let isFirst = false;
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        if (strangers > maximum) return false;
        const { output, existing } = await update(
          userId,
          isFirst ? meetFirst(strangers, day) : meetMore(strangers, day, maximum),
        );
        if (output !== undefined) return true;
        const met = existing?.[MET] as { readonly d: string } | undefined;
        if (!isFirst && met?.d === day) return false;
        isFirst = met === undefined || met.d < day;
        // Around midnight the clocks of two functions differ: the day that has begun for one of them goes on.
        if (met !== undefined && !isFirst) day = met.d;
      }
      throw new UnavailableError();
    },
  };
}

/** The user owes nothing: the debt begins now. DynamoDB has no maximum of two values, so there are two kinds of writes. */
function begin(paidAtMs: number, nowMs: number) {
  return {
    UpdateExpression: 'SET #paid = :paid',
    ConditionExpression: 'attribute_not_exists(#paid) OR #paid <= :now',
    ExpressionAttributeNames: { '#paid': PAID },
    ExpressionAttributeValues: { ':paid': paidAtMs, ':now': nowMs },
  };
}

function lengthen(debtMs: number, { nowMs, ifPaidByMs = Number.MAX_SAFE_INTEGER }: DebtOptions) {
  return {
    UpdateExpression: 'SET #paid = #paid + :debt',
    ConditionExpression: '#paid > :now AND #paid <= :latest',
    ExpressionAttributeNames: { '#paid': PAID },
    ExpressionAttributeValues: { ':debt': Math.ceil(debtMs), ':now': nowMs, ':latest': ifPaidByMs },
  };
}

const NAMES = { '#met': MET, '#d': 'd' };

function meetFirst(strangers: number, day: string) {
  return {
    UpdateExpression: 'SET #met = :met',
    ConditionExpression: 'attribute_not_exists(#met) OR #met.#d < :day',
    ExpressionAttributeNames: NAMES,
    ExpressionAttributeValues: { ':met': { d: day, n: strangers }, ':day': day },
  };
}

function meetMore(strangers: number, day: string, maximum: number) {
  return {
    UpdateExpression: 'SET #met.#n = #met.#n + :more',
    ConditionExpression: '#met.#d = :day AND #met.#n <= :room',
    ExpressionAttributeNames: { ...NAMES, '#n': 'n' },
    ExpressionAttributeValues: { ':more': strangers, ':day': day, ':room': maximum - strangers },
  };
}

/** When the debt in a user's item is paid; 0: there is none. */
export function paidAtMsIn(item: Item | undefined): number {
  return Number(item?.[PAID] ?? 0);
}

/** When the ban in a user's item ends; `undefined`: there is none. */
export function bannedUntilMsIn(item: Item | undefined): number | undefined {
  const ban = item?.[BAN] as { readonly until: number } | undefined;
  return ban?.until;
}

function toAccount(item: Item | undefined): Account {
  return { paidAtMs: paidAtMsIn(item), bannedUntilMs: bannedUntilMsIn(item) };
}
