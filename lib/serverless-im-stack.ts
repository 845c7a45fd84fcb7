import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { boundRoles } from './bound-roles.ts';
import { moduleCode } from './bundling/module-bundle.ts';
import { propsFromContext } from './context.ts';
import { HandlerFunction } from './handler-function.ts';
import { type SecurityProps, securityOptions } from './security-props.ts';
import { ServerlessIm } from './serverless-im.ts';

/**
 * A stack with only the construct. Its props come from CDK context (see `propsFromContext`), and its outputs are the
 * construct's URLs and ids.
 */
export class ServerlessImStack extends Stack {
  /** The construct. */
  readonly chat: ServerlessIm;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, { description: 'Serverless instant messaging', ...props });
    const options = propsFromContext(
      (key) => this.node.tryGetContext(key),
      (option, path, common) => this.#moduleFunction(option, path, common),
      this,
    );
    this.chat = new ServerlessIm(this, 'Chat', options);
    if (options.deletionProtection === true) this.terminationProtection = true;
    boundRoles(options.permissionsBoundary, [this]);
    const {
      webSocket,
      http,
      identity,
      offlineQueue,
      fanOutQueue,
      taskQueue,
      serviceQueue,
      desk,
      eventsTopic,
    } = this.chat;
    const { publishEvents, replayEvents } = this.chat.functions;
    this.#output(
      'DataVersion',
      String(this.chat.dataVersion),
      'What is stored, as docs/upgrading.md numbers it',
    );
    this.#output('WebSocketUrl', webSocket.url, 'The WebSocket API, for clients');
    this.#output('HttpUrl', http.url, 'The HTTP API');
    this.#output('HttpDomainTarget', http.domainTarget, 'Where the name of the HTTP API has to lead');
    this.#output(
      'WebSocketDomainTarget',
      webSocket.domainTarget,
      'Where the name of the WebSocket API has to lead',
    );
    this.#output('WebUrl', this.chat.webPage?.url, 'The web page');
    this.#output('UserPoolId', identity.userPool?.userPoolId, 'The user pool created by this stack');
    this.#output(
      'UserPoolClientId',
      identity.userPoolClient?.userPoolClientId,
      'The client that users sign in to',
    );
    this.#output('OfflineQueueUrl', offlineQueue.queue.queueUrl, 'Messages to be stored in inboxes');
    this.#output(
      'OfflineDeadLetterQueueUrl',
      offlineQueue.deadLetterQueue.queueUrl,
      'Those that failed for half an hour, or are malformed',
    );
    this.#output('FanOutQueueUrl', fanOutQueue.queue.queueUrl, 'Messages to large groups');
    this.#output(
      'FanOutDeadLetterQueueUrl',
      fanOutQueue.deadLetterQueue.queueUrl,
      'Those that failed for half an hour, or are malformed',
    );
    this.#output('TaskQueueUrl', taskQueue.queue.queueUrl, 'Tasks of operators');
    this.#output(
      'TaskDeadLetterQueueUrl',
      taskQueue.deadLetterQueue.queueUrl,
      'Those that failed for half an hour',
    );
    this.#output(
      'ExportBucketName',
      this.chat.exports.bucket.bucketName,
      "The bucket of the exports of users' data",
    );
    this.#output('ServiceQueueUrl', serviceQueue.queue.queueUrl, 'Messages of other services');
    this.#output(
      'ServiceDeadLetterQueueUrl',
      serviceQueue.deadLetterQueue.queueUrl,
      'Service events that failed for half an hour, or were refused',
    );
    this.#output('DeskQueueUrl', desk?.queue.queue.queueUrl, 'Events of the customer-service desk');
    this.#output(
      'DeskDeadLetterQueueUrl',
      desk?.queue.deadLetterQueue.queueUrl,
      'Those that failed for half an hour, or are malformed',
    );
    this.#output(
      'NotificationDeadLetterQueueUrl',
      this.chat.notifications?.queue.deadLetterQueue.queueUrl,
      'Notifications that failed for half an hour, or are malformed',
    );
    this.#output('DashboardName', this.chat.dashboard?.dashboard.dashboardName, 'The CloudWatch dashboard');
    this.#output('EventsTopicArn', eventsTopic?.topicArn, 'The topic of events, for subscribers');
    this.#output(
      'EventsFailureQueueUrl',
      this.chat.streams.publishEvents?.failureQueue.queueUrl,
      'Says which records of the streams failed for half an hour, or are malformed',
    );
    this.#output(
      'ArchiveBucketName',
      this.chat.archive?.bucket.bucketName,
      'The bucket of messages that have expired',
    );
    this.#output(
      'AttachmentsBucketName',
      this.chat.attachments?.bucket.bucketName,
      'The bucket of files in messages',
    );
    this.#output(
      'ArchiveFailureQueueUrl',
      this.chat.streams.archiveMessages?.failureQueue.queueUrl,
      'Says which messages expired and could not be archived for a day',
    );
    this.#output(
      'PublishEventsFunction',
      publishEvents?.functionName,
      'Publishes records that failed, again',
    );
    this.#output(
      'ReplayEventsFunction',
      replayEvents?.functionName,
      "Publishes a conversation's events again",
    );
  }

  #moduleFunction(option: string, path: string, common: SecurityProps): HandlerFunction {
    const id = option.charAt(0).toUpperCase() + option.slice(1);
    return new HandlerFunction(this, id, {
      code: moduleCode(option, path),
      description: `${option}: ${path}`,
      timeoutSeconds: 5,
      memoryMegabytes: 256,
      diagnostics: [],
      ...securityOptions(common),
    });
  }

  #output(name: string, value: string | undefined, description: string): void {
    if (value !== undefined) new CfnOutput(this, name, { value, description });
  }
}
