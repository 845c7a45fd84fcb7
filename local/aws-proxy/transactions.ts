import { recordOf } from '../json.ts';
import { ItemKeys } from './item-keys.ts';
import { type Collision, collision } from './refusal.ts';
import type { Answer } from './upstream.ts';

const SINGLE_WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

export interface Begun {
  /** Undefined if the call may go on. */
  readonly refused?: Answer;
  /** Call it when the emulator has answered. */
  end(): void;
}

const NOT_INVOLVED: Begun = { end: () => {} };

/**
 * Refuses a write of an item that a transaction in flight holds. DynamoDB does so; the emulator doesn't, since it runs one
 * request at a time. Another transaction fails with the reason TransactionConflict, a single write with
 * TransactionConflictException
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling).
 * A repeat of the same transaction meets TransactionInProgressException. Batch writes and transactional reads collide on
 * AWS, too; nothing here writes items of a transaction by batch.
 */
export class Transactions {
  readonly #items = new Set<string>();
  readonly #tokens = new Set<string>();
  #keys = new ItemKeys([]);

  setKeys(keys: ItemKeys): void {
    this.#keys = keys;
  }

  begin(operation: string, input: unknown): Begun {
    if (operation === 'TransactWriteItems') return this.#beginTransaction(input);
    if (!SINGLE_WRITES.has(operation)) return NOT_INVOLVED;
    const isTaken = this.#keys.involvedIn(operation, input).some(({ id }) => this.#items.has(id));
    return isTaken ? refusedBy({ kind: 'write' }) : NOT_INVOLVED;
  }

  #beginTransaction(input: unknown): Begun {
    const token = recordOf(input)['ClientRequestToken'];
    if (typeof token === 'string' && this.#tokens.has(token)) return refusedBy({ kind: 'repeat' });
    const ids = this.#keys.involvedIn('TransactWriteItems', input).map(({ id }) => id);
    const isTaken = ids.map((id) => this.#items.has(id));
    if (isTaken.includes(true)) return refusedBy({ kind: 'transaction', isTaken });
    for (const id of ids) this.#items.add(id);
    if (typeof token === 'string') this.#tokens.add(token);
    return {
      end: () => {
        for (const id of ids) this.#items.delete(id);
        this.#tokens.delete(String(token));
      },
    };
  }
}

function refusedBy(reason: Collision): Begun {
  return { refused: collision(reason), end: () => {} };
}
