import { Stack } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/shared/env-names.ts';
import { acknowledge, finding } from './acknowledge.ts';
import type { EncryptionProps } from './encryption.ts';
import type { HandlerFunction } from './handler-function.ts';
import { type NotificationOptions, providersOf } from './notification-props.ts';
import { WorkQueue } from './work-queue.ts';

export interface NotificationsProps extends EncryptionProps {
  readonly options: NonNullable<NotificationOptions['notifications']>;
  /** Timeout of the function that sends. */
  readonly consumerTimeoutSeconds: number;
}

/** Notifications for closed apps (IM-NOTIFY). */
export class Notifications extends Construct {
  /** Whom to tell of which message. */
  readonly queue: WorkQueue;
  readonly #options: NotificationsProps['options'];
  readonly #publicKey: string;

  constructor(scope: Construct, id: string, { options, ...work }: NotificationsProps) {
    super(scope, id);
    this.#options = options;
    this.queue = new WorkQueue(this, 'Messages', {
      ...work,
      urlVariable: ENV.notificationQueueUrl,
    });
    // A parameter of the template: CloudFormation reads it at each deployment, and says so if `npm run keys` was forgotten.
    this.#publicKey = options.webPush
      ? StringParameter.valueForStringParameter(this, `${options.webPush.keys}/public`)
      : '';
  }

  /** Allows the worker that stores messages for absent users to pass on whom to tell. */
  grantForward(fn: HandlerFunction): void {
    this.queue.grantSend(fn);
  }

  /** Lets the fan-out workers notify members of large groups who are mentioned. They use the offline queue. */
  addMentions(fn: HandlerFunction): void {
    fn.addEnvironment(ENV.notifyMentioned, 'true');
  }

  /** Tells a function that there are notifications: it takes registrations, removes them, or says how many there are. */
  addProviders(fn: HandlerFunction): void {
    fn.addEnvironment(ENV.pushProviders, providersOf(this.#options).join(','));
  }

  /** What a function needs to take registrations. */
  addRegistration(fn: HandlerFunction): void {
    this.addProviders(fn);
    fn.addEnvironment(ENV.pushHosts, this.#options.hosts.join(','));
    fn.addEnvironment(ENV.webPushPublicKey, this.#publicKey);
  }

  /** Allows the function that sends to read the private key, and to use the platforms. */
  grantPush(fn: HandlerFunction): void {
    const { webPush, apnsPlatformArn, fcmPlatformArn, text, hosts } = this.#options;
    const parameter = webPush ? `${webPush.keys}/private` : '';
    fn.addEnvironment(ENV.notificationText, text);
    fn.addEnvironment(ENV.pushHosts, hosts.join(','));
    fn.addEnvironment(ENV.webPushPublicKey, this.#publicKey);
    fn.addEnvironment(ENV.webPushKeyParameter, parameter);
    fn.addEnvironment(ENV.webPushSubject, webPush?.subject ?? '');
    fn.addEnvironment(ENV.apnsPlatformArn, apnsPlatformArn ?? '');
    fn.addEnvironment(ENV.fcmPlatformArn, fcmPlatformArn ?? '');
    this.queue.grantSend(fn);
    // The parameter's key is the account's own for SSM, which lets those decrypt who may read the parameter.
    if (webPush !== undefined)
      Grant.addToPrincipal({
        grantee: fn,
        actions: ['ssm:GetParameter'],
        resourceArns: [
          Stack.of(this).formatArn({
            service: 'ssm',
            resource: 'parameter',
            resourceName: parameter.slice(1),
          }),
        ],
      });
    for (const platformArn of [apnsPlatformArn, fcmPlatformArn])
      if (platformArn !== undefined) grantPlatform(fn, platformArn);
  }
}

function grantPlatform(fn: HandlerFunction, platformArn: string): void {
  const endpoints = `${platformArn.replace(':app/', ':endpoint/')}/*`;
  Grant.addToPrincipal({ grantee: fn, actions: ['sns:CreatePlatformEndpoint'], resourceArns: [platformArn] });
  // SNS checks the platform for an endpoint's attributes, and the endpoint for a message:
  // docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
  Grant.addToPrincipal({
    grantee: fn,
    actions: ['sns:Publish', 'sns:SetEndpointAttributes', 'sns:DeleteEndpoint'],
    resourceArns: [platformArn, endpoints],
  });
  if (fn.role)
    acknowledge(
      fn.role,
      finding(fn, 'AwsSolutions-IAM5', `Resource::${endpoints}`),
      'Each device has an endpoint of its own, which the function makes.',
    );
}
