import {
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  StreamViewType,
  Table,
  TableClass,
  TableEncryption,
  type TableProps,
} from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import { acknowledge } from './acknowledge.ts';
import { type EncryptionProps, KEY_ACTIONS } from './encryption.ts';
import type { MaxThroughput, MessageTableClass, WarmThroughput } from './props.ts';
import { removalPolicyOf } from './removal-policy.ts';

/**
 * Actions on a table's items that can be granted. Without `Scan`, since no request may read a whole table (CDK's
 * `grantReadData` includes it). `TransactWriteItems` needs the actions of its parts.
 */
export type ItemAction =
  | 'GetItem'
  | 'BatchGetItem'
  | 'Query'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'BatchWriteItem'
  | 'ConditionCheckItem';

const READS: ReadonlySet<ItemAction> = new Set(['GetItem', 'BatchGetItem', 'Query', 'ConditionCheckItem']);

/** A table, and the environment variable with its name. */
export class Store {
  /** The table itself, for metrics and settings. Grant access with `grant`. */
  readonly table: Table;
  readonly #variable: string;

  constructor(table: Table, variable: string) {
    this.table = table;
    this.#variable = variable;
  }

  /** The table, if it has a stream. @throws {Error} it has none */
  streamed(): ITable & { readonly tableStreamArn: string } {
    const { tableStreamArn } = this.table;
    if (tableStreamArn === undefined) throw new Error(`${this.table.node.path} has no stream.`);
    return this.table as ITable & { readonly tableStreamArn: string };
  }

  /**
   * Allows these actions on the table, but not on its indexes, and sets the function's variable with the table's name.
   * @example chat.storage.conversations.grant(fn, 'GetItem');
   */
  grant(fn: LambdaFunction, ...actions: ItemAction[]): Grant {
    return this.grantOn(fn, this.table.tableArn, actions);
  }

  protected grantOn(fn: LambdaFunction, resourceArn: string, actions: readonly ItemAction[]): Grant {
    fn.addEnvironment(this.#variable, this.table.tableName);
    const isRead = actions.every((action) => READS.has(action));
    this.table.encryptionKey?.grant(fn, ...KEY_ACTIONS[isRead ? 'readTable' : 'writeTable']);
    return Grant.addToPrincipal({
      grantee: fn,
      actions: actions.map((action) => `dynamodb:${action}`),
      resourceArns: [resourceArn],
    });
  }
}

const BY_SEQ = 'bySeq';
const BY_CHANGE = 'byChange';

/** The history: the table finds a message by sender and clientMsgId, its indexes by seq, and by the time of its last change. */
export class MessageStore extends Store {
  /**
   * Allows `Query` on the index by seq, and sets the function's variable with the table's name.
   * @example chat.storage.messages.grantQueryBySeq(fn);
   */
  grantQueryBySeq(fn: LambdaFunction): Grant {
    return this.grantOn(fn, `${this.table.tableArn}/index/${BY_SEQ}`, ['Query']);
  }

  /**
   * Allows `Query` on the index by last change, and sets the function's variable with the table's name.
   * @example chat.storage.messages.grantQueryByChange(fn);
   */
  grantQueryByChange(fn: LambdaFunction): Grant {
    return this.grantOn(fn, `${this.table.tableArn}/index/${BY_CHANGE}`, ['Query']);
  }
}

export interface StorageProps extends EncryptionProps {
  /** Whether the tables are kept when the stack is deleted. */
  readonly retain: boolean;
  /** Whether the tables refuse to be deleted. */
  readonly deletionProtection: boolean;
  readonly messageTableClass: MessageTableClass;
  /** Of each of the four tables that messages pass through. If `undefined`, DynamoDB's default. */
  readonly warmThroughput: WarmThroughput | undefined;
  /** Of each table. If `undefined`, DynamoDB's quota. */
  readonly maxThroughput: MaxThroughput | undefined;
  /** Whether changes of messages and conversations become events (IM-EVENT). */
  readonly events: boolean;
  /** Whether expired messages are archived. */
  readonly archive: boolean;
}

const PK = { name: 'pk', type: AttributeType.STRING };
const SK = { name: 'sk', type: AttributeType.STRING };
const USER_ID = { name: 'userId', type: AttributeType.STRING };

/** The tables. The adapters in `lambdas/adapters` describe their keys and access patterns. */
export class Storage extends Construct {
  /** The sessions of all users: one item per user. */
  readonly routes: Store;
  /** Heads and memberships of conversations. */
  readonly conversations: Store;
  /** The history of all messages. */
  readonly messages: MessageStore;
  /** References to messages that wait for their recipient. */
  readonly inbox: Store;
  readonly #props: StorageProps;

  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);
    this.#props = props;
    const { messageTableClass, warmThroughput, events, archive } = props;
    const warm = warmThroughput && { warmThroughput };
    const routes = this.#table('Routes', { partitionKey: USER_ID, ...warm });
    const conversations = this.#table('Conversations', {
      partitionKey: PK,
      sortKey: SK,
      ...PITR,
      ...TTL,
      ...warm,
      ...(events && { stream: StreamViewType.NEW_IMAGE }),
    });
    const messages = this.#table('Messages', {
      partitionKey: PK,
      sortKey: SK,
      ...PITR,
      ...TTL,
      ...warm,
      ...(messageTableClass === 'infrequent-access' && {
        tableClass: TableClass.STANDARD_INFREQUENT_ACCESS,
      }),
      // One view for both: a table's view can't be changed in one deployment, and the archive needs the old image.
      ...((events || archive) && { stream: StreamViewType.NEW_AND_OLD_IMAGES }),
    });
    messages.addLocalSecondaryIndex({
      indexName: BY_SEQ,
      sortKey: { name: 'seq', type: AttributeType.NUMBER },
      projectionType: ProjectionType.ALL,
    });
    messages.addLocalSecondaryIndex({
      indexName: BY_CHANGE,
      sortKey: { name: 'changedAt', type: AttributeType.NUMBER },
      // Keys only, and only changed messages have the attribute: a plain send costs nothing more (IM-CHANGE-6).
      projectionType: ProjectionType.KEYS_ONLY,
    });
    const inbox = this.#table('Inbox', {
      partitionKey: USER_ID,
      sortKey: { name: 'messageId', type: AttributeType.STRING },
      ...TTL,
      ...warm,
    });
    for (const table of [routes, inbox]) {
      acknowledge(
        table,
        'AwsSolutions-DDB3',
        'The next connect, or the history, recreates the items: nothing to restore.',
      );
    }
    this.routes = new Store(routes, ENV.routesTable);
    this.conversations = new Store(conversations, ENV.conversationsTable);
    this.messages = new MessageStore(messages, ENV.messagesTable);
    this.inbox = new Store(inbox, ENV.inboxTable);
  }

  /** Adds a table with the keys `pk` and `sk`, for an optional part of the deployment. */
  addStore(id: string, variable: string): Store {
    return new Store(this.#table(id, { partitionKey: PK, sortKey: SK, ...PITR }), variable);
  }

  #table(id: string, props: TableProps): Table {
    const { maxThroughput, deletionProtection, encryptionKey } = this.#props;
    return new Table(this, id, {
      billingMode: BillingMode.PAY_PER_REQUEST,
      ...(maxThroughput && {
        maxReadRequestUnits: maxThroughput.readUnitsPerSecond,
        maxWriteRequestUnits: maxThroughput.writeUnitsPerSecond,
      }),
      ...(encryptionKey && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
      ...(deletionProtection && { deletionProtection }),
      removalPolicy: removalPolicyOf(this.#props),
      ...props,
    });
  }
}

const PITR = { pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true } };
const TTL = { timeToLiveAttribute: 'ttl' };
