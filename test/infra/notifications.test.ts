import { describe, expect, it } from 'vitest';
import type { NotificationSettings } from '../../lib/index.ts';
import { fillOptions } from '../../lib/options.ts';
import { ACTIONS } from '../../protocol/actions.ts';
import { NOTIFICATION_HTTP_ROUTES } from '../../protocol/notifications.ts';
import { alarmsIn } from './alarms.ts';
import { functionNameOf, resource, resources, synthesize } from './synth.ts';

const APNS = 'arn:aws:sns:eu-central-1:111122223333:app/APNS/chat';
const FCM = 'arn:aws:sns:eu-central-1:111122223333:app/GCM/chat';
const notifications = {
  webPush: { subject: 'mailto:ops@example.com' },
  apnsPlatformArn: APNS,
  fcmPlatformArn: FCM,
};
const { template } = synthesize({ notifications });
const { template: without, chat: chatWithout } = synthesize();

const routeKeys = (from: typeof template) =>
  resources(from, 'AWS::ApiGatewayV2::Route').map(({ Properties }) => String(Properties['RouteKey']));
const statementsOf = (name: string) =>
  resources(template, 'AWS::IAM::Policy')
    .filter(({ logicalId }) => logicalId.includes(`Functions${name}Role`))
    .flatMap(({ Properties }) => (Properties['PolicyDocument'] as { Statement: object[] }).Statement);
const variablesOf = (name: string) =>
  Object.keys(
    (
      resource(template, 'AWS::Lambda::Function', `Functions${name}`).Properties['Environment'] as {
        Variables: Record<string, unknown>;
      }
    ).Variables,
  );

describe('the option notifications', () => {
  it('adds nothing where it is missing: no queue, worker, route, permission, variable, parameter, or alarm (IM-NOTIFY)', () => {
    expect(chatWithout.notifications).toBeUndefined();
    expect(chatWithout.functions.notify).toBeUndefined();
    expect(JSON.stringify(without.toJSON())).not.toMatch(
      /NOTIF|PUSH|Notifications|Notify|ssm:|sns:|web-push|\/push|PLATFORM/,
    );
    expect(routeKeys(without)).not.toContain('active');
  });

  it('adds its action, its routes, and a worker with a queue of its own (IM-NOTIFY-4)', () => {
    const added = routeKeys(template).filter((key) => !routeKeys(without).includes(key));
    expect(added.sort()).toEqual([...NOTIFICATION_HTTP_ROUTES, 'active'].sort());
    expect(ACTIONS.active.part).toBe('notifications');
    const names = (from: typeof template) =>
      resources(from, 'AWS::Lambda::Function').map(({ logicalId }) => functionNameOf(logicalId));
    expect(names(template).filter((name) => !names(without).includes(name))).toEqual(['Notify']);
    const queues = (from: typeof template) => resources(from, 'AWS::SQS::Queue').length;
    expect(queues(template)).toBe(queues(without) + 2);
    const names2 = (from: typeof template) => alarmsIn(from).map(({ name }) => name);
    expect(names2(template).filter((name) => !names2(without).includes(name))).toEqual([
      'NotificationsDeadLetters',
    ]);
  });

  it('reads the public key at each deployment, and only the worker may read the private one (IM-NOTIFY-3)', () => {
    const parameters = Object.values(template.toJSON()['Parameters'] as Record<string, object>);
    expect(parameters).toContainEqual({
      Type: 'AWS::SSM::Parameter::Value<String>',
      Default: '/serverless-im/web-push/public',
    });
    const readers = resources(template, 'AWS::IAM::Policy').filter(({ Properties }) =>
      JSON.stringify(Properties).includes('ssm:GetParameter'),
    );
    expect(readers.map(({ logicalId }) => /Functions(\w+?)Role/.exec(logicalId)?.[1])).toEqual(['Notify']);
    expect(JSON.stringify(readers[0])).toContain(':parameter/serverless-im/web-push/private');
  });

  it('lets only the worker use the platforms, and no others (IM-NOTIFY-3)', () => {
    const text = JSON.stringify(statementsOf('Notify'));
    expect(text).toContain(APNS);
    expect(text).toContain('arn:aws:sns:eu-central-1:111122223333:endpoint/GCM/chat/*');
    const all = resources(template, 'AWS::IAM::Policy').filter(({ Properties }) =>
      JSON.stringify(Properties).includes('sns:'),
    );
    expect(all).toHaveLength(1);
    const { template: browsers } = synthesize({ notifications: { webPush: notifications.webPush } });
    expect(JSON.stringify(browsers.toJSON())).not.toContain('sns:');
  });

  it('gives the functions of messages what they need and no more: who sends has no way to the queue (IM-NOTIFY-4)', () => {
    const withQueue = resources(template, 'AWS::Lambda::Function')
      .filter(({ Properties }) => JSON.stringify(Properties).includes('NOTIFICATION_QUEUE_URL'))
      .map(({ logicalId }) => functionNameOf(logicalId));
    expect(withQueue.sort()).toEqual(['Notify', 'StoreOffline']);
    expect(variablesOf('FanOut')).toContain('NOTIFY_MENTIONED');
    expect(variablesOf('Socket').filter((name) => /PUSH|NOTIF/.test(name))).toEqual(['PUSH_PROVIDERS']);
  });

  it.each<[NotificationSettings, string]>([
    [{}, 'needs webPush (context "webPushSubject"), apnsPlatformArn, or fcmPlatformArn'],
    [
      { webPush: { subject: 'ops@example.com' } },
      'subject (context "webPushSubject") must be mailto: or https:',
    ],
    [
      { webPush: { subject: 'mailto:a@b.c', keys: 'web-push' } },
      'keys (context "webPushKeys") must be a path',
    ],
    [{ apnsPlatformArn: FCM }, 'apnsPlatformArn (context "apnsPlatformArn") must be the ARN'],
    [{ fcmPlatformArn: APNS }, 'fcmPlatformArn (context "fcmPlatformArn") must be the ARN'],
    [
      { fcmPlatformArn: FCM, text: 'all' as never },
      'text (context "notificationText") must be none, sender, preview',
    ],
    [{ ...notifications, hosts: ['127.0.0.1'] }, 'hosts (context "pushHosts") must be host names'],
    [{ ...notifications, hosts: ['localhost'] }, 'hosts (context "pushHosts") must be host names'],
    [
      { ...notifications, hosts: ['https://push.example.com'] },
      'hosts (context "pushHosts") must be host names',
    ],
  ])('refuses %j: %s', (settings, fault) => {
    expect(() => fillOptions({ notifications: settings })).toThrow(fault);
  });

  it('takes sandboxes, more hosts, and another folder of keys', () => {
    const settings = {
      webPush: { subject: 'https://example.com/contact', keys: '/chat/keys' },
      apnsPlatformArn: APNS.replace('APNS', 'APNS_SANDBOX'),
      hosts: ['push.example.com', '*.push.example.org'],
      text: 'none',
    } as const;
    expect(fillOptions({ notifications: settings }).notifications).toEqual({
      ...settings,
      fcmPlatformArn: undefined,
    });
  });
});
