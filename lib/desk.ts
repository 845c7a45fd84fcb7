import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import { Store } from './storage.ts';
import { WorkQueue } from './work-queue.ts';

export interface DeskProps {
  /** Whether the table outlives the stack. */
  readonly retain: boolean;
  /** Time-out of the function that matches chats and agents. */
  readonly consumerTimeoutSeconds: number;
}

/** The customer-service desk: who waits, who serves, and the events that bring them together. Its chats are conversations. */
export class Desk extends Construct {
  /** Key layout and access patterns: lambdas/adapters/desk-table.ts. */
  readonly store: Store;
  readonly queue: WorkQueue;

  constructor(scope: Construct, id: string, { retain, consumerTimeoutSeconds }: DeskProps) {
    super(scope, id);
    const table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    });
    this.store = new Store(table, ENV.deskTable);
    this.queue = new WorkQueue(this, 'Events', { consumerTimeoutSeconds, urlVariable: ENV.deskQueueUrl });
  }
}
