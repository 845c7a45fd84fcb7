import { Token } from 'aws-cdk-lib';
import { NOTIFICATION_TEXTS, type NotificationText } from '../lambdas/shared/notification-text.ts';
import type { PushProvider } from '../protocol/notifications.ts';

/** Notifications for closed apps. Without the option a deployment has nothing of them. */
export interface NotificationProps {
  /**
   * Which devices are told of messages that nobody sees, and of how much of them (IM-NOTIFY). Adds a queue and a function.
   * @default - none
   * @throws {InvalidOptionsError} see `Notifications`
   * @example { webPush: { subject: 'mailto:ops@example.com' }, text: 'preview' }
   */
  readonly notifications?: NotificationSettings | undefined;
}

export interface NotificationSettings {
  /** Browsers, by Web Push. Make the keys first: `npm run keys`. @default - no browsers */
  readonly webPush?: WebPush | undefined;
  /**
   * The SNS platform application of an iOS app, `APNS` or `APNS_SANDBOX`. @default - no iOS apps
   * @throws {InvalidOptionsError} not such an ARN
   * @example 'arn:aws:sns:eu-central-1:111122223333:app/APNS/chat'
   */
  readonly apnsPlatformArn?: string | undefined;
  /**
   * The SNS platform application of an Android app, `GCM`. @default - no Android apps
   * @throws {InvalidOptionsError} not such an ARN
   * @example 'arn:aws:sns:eu-central-1:111122223333:app/GCM/chat'
   */
  readonly fcmPlatformArn?: string | undefined;
  /**
   * What a notification says: `none`, the `sender`'s name, or a `preview` of the text. To Apple and Google it goes unencrypted.
   * @default 'sender'
   * @throws {InvalidOptionsError} another word
   */
  readonly text?: NotificationText | undefined;
  /**
   * Hosts of push services beyond those of Chrome, Firefox, Edge, and Safari; a first label `*` stands for any.
   * @default []
   * @throws {InvalidOptionsError} not a host name
   * @example ['push.example.com', '*.push.example.org']
   */
  readonly hosts?: readonly string[] | undefined;
}

export interface WebPush {
  /**
   * Whom a push service may write to about your notifications (RFC 8292).
   * @throws {InvalidOptionsError} neither `mailto:` nor `https:`
   * @example 'mailto:ops@example.com'
   */
  readonly subject: string;
  /**
   * Folder of the two parameters of the keys in the parameter store.
   * @default '/serverless-im/web-push'
   * @throws {InvalidOptionsError} not a path like the default
   */
  readonly keys?: string | undefined;
}

/** Valid `NotificationSettings`, with all defaults. */
export interface NotificationOptions {
  /** `undefined` in a deployment without notifications. */
  readonly notifications:
    | {
        readonly webPush: { readonly subject: string; readonly keys: string } | undefined;
        readonly apnsPlatformArn: string | undefined;
        readonly fcmPlatformArn: string | undefined;
        readonly text: NotificationText;
        readonly hosts: readonly string[];
      }
    | undefined;
}

const KEYS_FOLDER = '/serverless-im/web-push';

export function notificationOptions({ notifications }: NotificationProps): NotificationOptions {
  if (notifications === undefined) return { notifications };
  const { webPush, apnsPlatformArn, fcmPlatformArn, text = 'sender', hosts = [] } = notifications;
  return {
    notifications: {
      webPush: webPush && { subject: webPush.subject, keys: webPush.keys ?? KEYS_FOLDER },
      apnsPlatformArn,
      fcmPlatformArn,
      text,
      hosts,
    },
  };
}

export function providersOf(options: NonNullable<NotificationOptions['notifications']>): PushProvider[] {
  const { webPush, apnsPlatformArn, fcmPlatformArn } = options;
  return [
    ...(webPush ? (['webpush'] as const) : []),
    ...(apnsPlatformArn ? (['apns'] as const) : []),
    ...(fcmPlatformArn ? (['fcm'] as const) : []),
  ];
}

export function notificationFaults({ notifications }: NotificationOptions): string[] {
  if (notifications === undefined) return [];
  const { webPush, apnsPlatformArn, fcmPlatformArn, text, hosts } = notifications;
  const faults: string[] = [];
  if (providersOf(notifications).length === 0)
    faults.push('notifications needs webPush (context "webPushSubject"), apnsPlatformArn, or fcmPlatformArn');
  if (webPush !== undefined && !isSubject(webPush.subject))
    faults.push(
      `notifications.webPush.subject (context "webPushSubject") must be mailto: or https: and somebody whom push services can reach, not "${webPush.subject}"`,
    );
  if (webPush !== undefined && !/^(\/[\w.-]+)+$/.test(webPush.keys))
    faults.push(
      `notifications.webPush.keys (context "webPushKeys") must be a path like ${KEYS_FOLDER}, not "${webPush.keys}"`,
    );
  if (!isPlatform(apnsPlatformArn, 'APNS(_SANDBOX)?'))
    faults.push(
      'notifications.apnsPlatformArn (context "apnsPlatformArn") must be the ARN of an SNS platform application for APNs',
    );
  if (!isPlatform(fcmPlatformArn, 'GCM'))
    faults.push(
      'notifications.fcmPlatformArn (context "fcmPlatformArn") must be the ARN of an SNS platform application for FCM',
    );
  if (!NOTIFICATION_TEXTS.includes(text))
    faults.push(`notifications.text (context "notificationText") must be ${NOTIFICATION_TEXTS.join(', ')}`);
  // A function posts to what a user names: an address or a plain name could be one of its own network.
  const invalid = hosts.filter((host) => !/^(\*\.)?([a-z0-9-]+\.)+[a-z][a-z0-9-]*$/.test(host));
  if (invalid.length > 0)
    faults.push(
      `notifications.hosts (context "pushHosts") must be host names like push.example.com, not "${invalid[0]}"`,
    );
  return faults;
}

function isSubject(text: string): boolean {
  return Token.isUnresolved(text) || /^mailto:[^@\s]+@[^@\s]+$/.test(text) || /^https:\/\/[^/\s]/.test(text);
}

function isPlatform(arn: string | undefined, platform: string): boolean {
  if (arn === undefined || Token.isUnresolved(arn)) return true;
  return new RegExp(`^arn:[a-z-]+:sns:[a-z0-9-]+:\\d{12}:app/${platform}/[\\w.-]+$`).test(arn);
}
