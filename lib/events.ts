import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import { type EncryptionProps, KEY_ACTIONS } from './encryption.ts';
import type { HandlerFunction } from './handler-function.ts';
import type { Storage } from './storage.ts';

export interface EventsProps extends EncryptionProps {
  /** The tables whose changes become events. */
  readonly storage: Storage;
}

/** Events for other systems (IM-EVENT): a topic, and rows for what has no row otherwise. */
export class Events extends Construct {
  /** Gets every event. Subscribe to it with a filter policy (docs/operations.md, Events). */
  readonly topic: Topic;
  readonly #storage: Storage;
  readonly #key: EncryptionProps['encryptionKey'];

  constructor(scope: Construct, id: string, { storage, encryptionKey }: EventsProps) {
    super(scope, id);
    this.#storage = storage;
    this.#key = encryptionKey;
    this.topic = new Topic(this, 'Topic', {
      enforceSSL: true,
      // AWS's key for SNS costs nothing a month, and allows all who may publish. With it no other AWS service can publish
      // here, such as a CloudWatch alarm, and none should.
      // docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html
      masterKey: encryptionKey ?? Alias.fromAliasName(this, 'Key', 'alias/aws/sns'),
    });
  }

  /** Allows one of our functions to publish, and sets its variable with the topic's ARN. */
  grantPublish(fn: HandlerFunction): Grant {
    fn.addEnvironment(ENV.eventsTopicArn, this.topic.topicArn);
    this.#key?.grant(fn, ...KEY_ACTIONS.write);
    return this.#grant(fn, 'sns:Publish');
  }

  /** Allows to subscribe to the topic. @example chat.events?.grantSubscribe(deployRole); */
  grantSubscribe(grantee: IGrantable): Grant {
    return this.#grant(grantee, 'sns:Subscribe');
  }

  /** Makes the function write into a changed message what its last change was, which its event says. */
  keepChanges(fn: HandlerFunction): void {
    fn.addEnvironment(ENV.keepChanges, 'true');
  }

  /** Makes the function write a row for what has no other row. */
  addRows(fn: HandlerFunction): void {
    fn.addEnvironment(ENV.eventRows, 'true');
    this.#storage.conversations.grant(fn, 'PutItem');
  }

  #grant(grantee: IGrantable, action: string): Grant {
    return Grant.addToPrincipal({ grantee, actions: [action], resourceArns: [this.topic.topicArn] });
  }
}
