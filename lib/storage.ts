import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, type TableProps } from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import { acknowledge } from './acknowledge.ts';

/**
 * What a function may be allowed to do with a table's items. `Scan` is not among them: no request of ours may cost
 * the whole table (and CDK's `grantReadData` would include it). `TransactWriteItems` needs the actions of its parts.
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

/** A table, and the variable by which functions know it. */
export class Store {
  readonly table: Table;
  readonly #variable: string;

  constructor(table: Table, variable: string) {
    this.table = table;
    this.#variable = variable;
  }

  /** Allows these actions on the table (not on its indexes), and tells the function its name. */
  grant(fn: LambdaFunction, ...actions: ItemAction[]): Grant {
    return this.grantOn(fn, this.table.tableArn, actions);
  }

  protected grantOn(fn: LambdaFunction, resourceArn: string, actions: readonly ItemAction[]): Grant {
    fn.addEnvironment(this.#variable, this.table.tableName);
    return Grant.addToPrincipal({
      grantee: fn,
      actions: actions.map((action) => `dynamodb:${action}`),
      resourceArns: [resourceArn],
    });
  }
}

const BY_SEQ = 'bySeq';

/** The history: a message is found by (sender, clientMsgId) in the table and by seq in the index. */
export class MessageStore extends Store {
  /** Allows `Query` on the index by seq, and tells the function the table's name. */
  grantQueryBySeq(fn: LambdaFunction): Grant {
    return this.grantOn(fn, `${this.table.tableArn}/index/${BY_SEQ}`, ['Query']);
  }
}

export interface StorageProps {
  /** Whether the tables outlive the stack. */
  readonly retain: boolean;
}

const PK = { name: 'pk', type: AttributeType.STRING };
const SK = { name: 'sk', type: AttributeType.STRING };
const USER_ID = { name: 'userId', type: AttributeType.STRING };

/** The tables. Key layouts and access patterns stand at the top of each adapter in `lambdas/adapters`. */
export class Storage extends Construct {
  /** Who is connected by which device: one item a user. */
  readonly routes: Store;
  /** Heads and memberships. */
  readonly conversations: Store;
  /** History, the truth. */
  readonly messages: MessageStore;
  /** References to messages that found nobody home. */
  readonly inbox: Store;
  readonly #props: StorageProps;

  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);
    this.#props = props;
    const routes = this.#table('Routes', props, { partitionKey: USER_ID });
    const conversations = this.#table('Conversations', props, { partitionKey: PK, sortKey: SK, ...PITR });
    const messages = this.#table('Messages', props, { partitionKey: PK, sortKey: SK, ...PITR, ...TTL });
    messages.addLocalSecondaryIndex({
      indexName: BY_SEQ,
      sortKey: { name: 'seq', type: AttributeType.NUMBER },
      projectionType: ProjectionType.ALL,
    });
    const inbox = this.#table('Inbox', props, {
      partitionKey: USER_ID,
      sortKey: { name: 'messageId', type: AttributeType.STRING },
      ...TTL,
    });
    for (const table of [routes, inbox]) {
      acknowledge(
        table,
        'AwsSolutions-DDB3',
        'Made anew by the next connect, or again from history: nothing to restore.',
      );
    }
    this.routes = new Store(routes, ENV.routesTable);
    this.conversations = new Store(conversations, ENV.conversationsTable);
    this.messages = new MessageStore(messages, ENV.messagesTable);
    this.inbox = new Store(inbox, ENV.inboxTable);
  }

  /** A table of a subsystem that may be left out, by `pk` and `sk`, among the others. */
  addStore(id: string, variable: string): Store {
    return new Store(this.#table(id, this.#props, { partitionKey: PK, sortKey: SK, ...PITR }), variable);
  }

  #table(id: string, { retain }: StorageProps, props: TableProps): Table {
    return new Table(this, id, {
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...props,
    });
  }
}

const PITR = { pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true } };
const TTL = { timeToLiveAttribute: 'ttl' };
