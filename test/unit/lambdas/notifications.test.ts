import { beforeEach, describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lambdas/domain/delivery/deliver.ts';
import { processFanOutJob } from '../../../lambdas/domain/delivery/fan-out.ts';
import { processOfflineJobs } from '../../../lambdas/domain/delivery/process-offline-jobs.ts';
import { draft } from '../../../lambdas/domain/messages/store.ts';
import { UNLIMITED } from '../../../lambdas/domain/model/budget.ts';
import type { StoredMessage } from '../../../lambdas/domain/model/message.ts';
import type { Notification, PushMessage, PushResult } from '../../../lambdas/domain/model/notification.ts';
import type { OfflineJob } from '../../../lambdas/domain/model/offline-job.ts';
import type { PushTarget } from '../../../lambdas/domain/model/push-registration.ts';
import { referenceTo } from '../../../lambdas/domain/model/reference.ts';
import { sendNotifications } from '../../../lambdas/domain/notifications/notify.ts';
import { registerDevice, unregisterDevice } from '../../../lambdas/domain/notifications/register.ts';
import { changeSettings } from '../../../lambdas/domain/people/settings.ts';
import { setActive } from '../../../lambdas/domain/sessions/active.ts';
import { logOut } from '../../../lambdas/domain/sessions/log-out.ts';
import { SessionEndedError, UnavailableError } from '../../../lambdas/shared/errors.ts';
import type { NotificationText } from '../../../lambdas/shared/notification-text.ts';
import type { SettingsChange } from '../../../protocol/people.ts';
import { aSession, createWorld, NOON, storeAt, type World } from '../../adapters/memory/world.ts';

const DM = 'dm:alice:bob';
const PHONE: PushTarget = { provider: 'fcm', token: 'bobs-phone' };

let world: World;
let message: StoredMessage;
let sent: { target: PushTarget; message: PushMessage }[];
let answers: Map<string, PushResult>;

beforeEach(async () => {
  world = createWorld();
  sent = [];
  answers = new Map();
  await world.conversationWriter.createDirect(DM, ['alice', 'bob']);
  message = await store(1);
  await world.pushDeviceWriter.register('bob', 'phone', PHONE, 20);
});

async function store(seq: number, text = 'hi', mentions?: string[] | 'all'): Promise<StoredMessage> {
  const drafted = draft('alice', `c${seq}`, { type: 'text', text });
  return storeAt(world, DM, seq, { ...drafted, ...(mentions && { mentions }) });
}

const pushSender = {
  async send(target: PushTarget, pushed: PushMessage): Promise<PushResult> {
    sent.push({ target, message: pushed });
    const key = target.provider === 'webpush' ? target.endpoint : target.token;
    return answers.get(key) ?? 'took';
  },
};
const ports = (notificationText: NotificationText = 'preview') => ({
  ...world,
  pushSender,
  notificationText,
});
const job = (of = message, more: Partial<Notification> = {}): Notification => ({
  userId: 'bob',
  reference: referenceTo(of),
  missed: [],
  round: 0,
  ...more,
});
const notify = (...jobs: Notification[]) =>
  sendNotifications(
    ports(),
    jobs.map((body, index) => ({ recordId: `r${index}`, body })),
  );
const tokens = () =>
  sent.map(({ target }) => (target.provider === 'webpush' ? target.endpoint : target.token));
const bodies = () => sent.map(({ message: { payload } }) => payload.body);

describe('active', () => {
  const caller = { userId: 'bob', deviceId: 'phone', connectionId: 'bob-phone' };
  const isHidden = async () => (await world.routes.find('bob', 'phone'))?.isInBackground;

  it('is kept in the route, which is written only when it changes (IM-NOTIFY-2)', async () => {
    await world.routes.connect(aSession());
    const write = vi.spyOn(world.routes, 'setActive');
    await setActive(world, caller, true);
    expect(write).not.toHaveBeenCalled();
    await setActive(world, caller, false);
    await setActive(world, caller, false);
    expect(write).toHaveBeenCalledTimes(1);
    expect(await isHidden()).toBe(true);
    await setActive(world, caller, true);
    expect(await isHidden()).toBeUndefined();
  });

  it('begins in front again when the device connects again (IM-NOTIFY-2)', async () => {
    await world.routes.connect(aSession());
    await setActive(world, caller, false);
    await world.routes.connect(aSession({ connectionId: 'next', connectedAtMs: NOON }));
    expect(await isHidden()).toBeUndefined();
  });

  it('is refused to a session that has ended, even between the read and the write (IM-REFUSE-7)', async () => {
    await expect(setActive(world, caller, false)).rejects.toThrow(SessionEndedError);
    await world.routes.connect(aSession());
    vi.spyOn(world.routes, 'setActive').mockResolvedValue(false);
    await expect(setActive(world, caller, false)).rejects.toThrow(SessionEndedError);
  });

  it('counts as activity with the idle option (IM-IDLE)', async () => {
    await world.routes.connect(aSession({ idleTimeoutMs: 60_000, leaseUntilMs: NOON + 1 }));
    await setActive(world, caller, true);
    expect((await world.routes.find('bob', 'phone'))?.leaseUntilMs).toBe(NOON + 60_000);
  });
});

describe('whom a message notifies', () => {
  const deliverTo = () => deliver(world, message, { users: ['alice', 'bob'], recipients: ['bob'] });
  const queued = () => world.offlineQueue.jobs.map(({ job: { kind } }) => kind);
  const run = async (body: OfflineJob) => {
    const failed = await processOfflineJobs(world, [{ recordId: 'r1', body }]);
    return { failed, told: world.notifications.jobs };
  };
  const stored = (round = 0): OfflineJob => ({
    kind: 'store',
    userId: 'bob',
    reference: referenceTo(message),
    round,
  });

  it('is a recipient whose sessions all took it in the background, by the same call (IM-NOTIFY-2)', async () => {
    await world.routes.connect(aSession({ isInBackground: true }));
    await deliverTo();
    expect(world.offlineQueue.jobs).toMatchObject([
      { job: { kind: 'notify', userId: 'bob' }, delaySeconds: 0 },
    ]);
    const [first] = world.offlineQueue.jobs;
    const { told } = await run(first?.job as OfflineJob);
    expect(told).toMatchObject([{ userId: 'bob', reference: { seq: 1 }, delaySeconds: 3, missed: [] }]);
    expect((await world.inbox.first('bob', 9)).references).toEqual([]);
  });

  it('is not one of whom a session in front took it, or polls (IM-NOTIFY-2)', async () => {
    await world.routes.connect(aSession({ isInBackground: true }));
    await world.routes.connect(aSession({ deviceId: 'laptop' }));
    await deliverTo();
    expect(queued()).toEqual([]);
    await world.routes.disconnect({ userId: 'bob', deviceId: 'laptop', connectionId: 'bob-laptop' });
    await world.routes.connect(aSession({ deviceId: 'laptop', mode: 'polling' }));
    await deliverTo();
    expect(queued()).toEqual(['keep']);
  });

  it('is one whose session in front may not have it: that session does not count (IM-NOTIFY-2)', async () => {
    await world.routes.connect(aSession({ isInBackground: true }));
    await world.routes.connect(aSession({ deviceId: 'laptop' }));
    world.connections.outcomes.set('bob-laptop', 'unsure');
    await deliverTo();
    const told = world.offlineQueue.jobs.find(({ job: { kind } }) => kind === 'notify');
    expect(told?.job).toMatchObject({ missed: ['bob-laptop'] });
  });

  it('is one without sessions, once the inbox has the message (IM-NOTIFY-4)', async () => {
    const { told } = await run(stored());
    expect(told).toMatchObject([{ userId: 'bob', delaySeconds: 3 }]);
    expect((await world.inbox.first('bob', 9)).references).toHaveLength(1);
  });

  it('is told of by the first attempt alone', async () => {
    expect((await run(stored(1))).told).toEqual([]);
  });

  it('is not one who has connected since, in front (IM-FAULT-8)', async () => {
    await world.routes.connect(aSession());
    expect((await run(stored())).told).toEqual([]);
  });

  it('is not one whose message the inbox could not take: its job comes back (IM-NOTIFY-4)', async () => {
    vi.spyOn(world.inboxWriter, 'put').mockImplementation(async (entries) => [...entries]);
    const { failed, told } = await run(stored());
    expect([failed.length, told]).toEqual([1, []]);
  });

  it('costs no job if the queue of notifications refuses (IM-NOTIFY-4, IM-FAULT-22)', async () => {
    vi.spyOn(world.notifications, 'enqueue').mockRejectedValue(new UnavailableError());
    const { failed } = await run(stored());
    expect(failed).toEqual([]);
    expect((await world.inbox.first('bob', 9)).references).toHaveLength(1);
  });

  it('is nobody in a deployment without notifications', async () => {
    const enqueue = vi.spyOn(world.notifications, 'enqueue');
    await processOfflineJobs({ ...world, notifications: undefined }, [{ recordId: 'r1', body: stored() }]);
    expect(enqueue).not.toHaveBeenCalled();
  });
});

describe('a message to a large group', () => {
  const GROUP = 'g:01M8G7A0FQDPXE010ZA86MJ78B';
  async function fanOut(
    mentions: string[] | 'all' | undefined,
    { memberCount = 501, notifiesMentioned = true } = {},
  ) {
    const drafted = draft('alice', 'c1', { type: 'text', text: 'hi' });
    const toGroup = await storeAt(world, GROUP, 1, { ...drafted, ...(mentions && { mentions }) });
    const fanOutPorts = { ...world, notifiesMentioned };
    await processFanOutJob(fanOutPorts, {
      conversationId: GROUP,
      memberCount,
      what: { reference: referenceTo(toGroup) },
      users: ['alice', 'bob', 'carol'],
    });
    return world.offlineQueue.jobs.flatMap(({ job: { kind, userId } }) =>
      kind === 'notify' ? [userId] : [],
    );
  }

  it('notifies absent members whom it mentions, and nobody else (IM-NOTIFY-2)', async () => {
    expect(await fanOut(['bob'])).toEqual(['bob']);
  });

  it('notifies all but its sender if it mentions all (IM-NOTIFY-2)', async () => {
    expect(await fanOut('all')).toEqual(['bob', 'carol']);
  });

  it('notifies nobody if it mentions nobody, who sees it, or a deployment has no notifications (IM-NOTIFY-2)', async () => {
    expect(await fanOut(undefined)).toEqual([]);
    expect(await fanOut(['bob'], { notifiesMentioned: false })).toEqual([]);
    await world.routes.connect(aSession());
    expect(await fanOut(['bob'])).toEqual([]);
  });

  it('is delivered even if nobody can be notified (IM-NOTIFY-4)', async () => {
    vi.spyOn(world.offlineQueue, 'enqueue').mockRejectedValue(new UnavailableError());
    expect(await fanOut(['bob'])).toEqual([]);
  });

  it('leaves groups with inbox copies to the jobs that store them', async () => {
    expect(await fanOut(['bob'], { memberCount: 500 })).toEqual([]);
  });
});

describe('a notification', () => {
  it('goes to each device, with the text, under the name of the conversation (IM-NOTIFY-2, IM-NOTIFY-3)', async () => {
    await world.profileWriter.put('alice', { name: 'Alice' });
    await world.pushDeviceWriter.register('bob', 'tablet', { provider: 'apns', token: 'tablet' }, 20);
    expect(await notify(job())).toEqual([]);
    expect(tokens().sort()).toEqual(['bobs-phone', 'tablet']);
    expect(sent[0]?.message).toEqual({
      payload: { conversationId: DM, seq: 1, messageId: message.messageId, title: 'Alice', body: 'hi' },
      topic: expect.stringMatching(/^[\w-]{32}$/),
      ttlSeconds: 300,
    });
  });

  it.each<[NotificationText, object]>([
    ['none', {}],
    ['sender', { title: 'alice' }],
    ['preview', { title: 'alice', body: 'hi' }],
  ])('says as much as the deployment allows: %s (IM-NOTIFY-3)', async (text, said) => {
    await sendNotifications(ports(text), [{ recordId: 'r1', body: job() }]);
    const { conversationId: _, seq: __, messageId: ___, ...rest } = sent[0]?.message.payload ?? ({} as never);
    expect(rest).toEqual(said);
  });

  const block = (peer: string) => world.blockWriter.block('bob', { userId: peer, at: NOON }, 10);
  const change = (settings: SettingsChange) => changeSettings(world, 'bob', DM, settings);

  it.each<[string, () => unknown]>([
    ['is muted', () => change({ muted: true })],
    ['is muted until later', () => change({ muted: NOON + 60_000 })],
    ['notifies of nothing', () => change({ notify: 'none' })],
    ['notifies of mentions', () => change({ notify: 'mentions' })],
    ['was read meanwhile', () => world.conversationWriter.advanceRead('bob', DM, 1)],
    ['is on the screen meanwhile', () => world.routes.connect(aSession())],
    ['is from a user whom its receiver has blocked', () => block('alice')],
    ['is of a banned user', () => world.routes.ban('bob', { atMs: NOON, untilMs: NOON + 60_000 })],
    ['is five minutes old', () => world.advance(300_000)],
    ['has no device', () => world.pushDeviceWriter.unregister('bob')],
  ])('is not sent if the conversation or message %s (IM-NOTIFY-2)', async (_, prepare) => {
    await prepare();
    expect(await notify(job())).toEqual([]);
    expect(sent).toEqual([]);
  });

  async function blockOthers() {
    await block('carol');
    await world.blockWriter.block('alice', { userId: 'bob', at: NOON }, 10);
  }

  it.each<[string, () => unknown]>([
    ['was muted until now', () => change({ muted: NOON + 1 }).then(() => world.advance(2))],
    ['is in the background', () => world.routes.connect(aSession({ isInBackground: true }))],
    ['is almost five minutes old', () => world.advance(299_999)],
    ['was read up to the one before', () => world.conversationWriter.advanceRead('bob', DM, 0)],
    ['is from one who has blocked its receiver, who has blocked others', blockOthers],
    ['was banned until now', () => world.routes.ban('bob', { atMs: NOON - 9, untilMs: NOON })],
    [
      'is on a screen whose session has ended',
      () => world.routes.connect(aSession({ expiresAtMs: NOON - 60_000 })),
    ],
  ])('is sent if the conversation or message %s (IM-NOTIFY-2)', async (_, prepare) => {
    await prepare();
    await notify(job());
    expect(tokens()).toEqual(['bobs-phone']);
  });

  it('is sent although a session in front is there that may not have the message (IM-NOTIFY-2)', async () => {
    await world.routes.connect(aSession());
    await notify(job(message, { missed: ['bob-phone'] }));
    expect(tokens()).toEqual(['bobs-phone']);
  });

  it('is sent of a mention to a user who wants only these (IM-SETTINGS-1)', async () => {
    await change({ notify: 'mentions' });
    await notify(job(await store(2, 'you', ['bob'])), job(await store(3, 'all', 'all')), job(await store(4)));
    expect(bodies()).toEqual(['all']);
  });

  it.each([
    '{"type":"recalled","by":"alice","at":1}',
    '{"type":"erased"}',
    '{"type":"system","event":"joined","by":"alice"}',
  ])('is not sent of %s', async (contentJson) => {
    vi.spyOn(world.messages, 'getMany').mockResolvedValue([{ ...message, contentJson }]);
    await notify(job());
    expect(sent).toEqual([]);
  });

  it('is not sent to one who is no member, or joined later', async () => {
    const none = vi.spyOn(world.conversations, 'membershipsOf').mockResolvedValue([]);
    await notify(job());
    none.mockResolvedValue([{ userId: 'bob', conversationId: DM, readSeq: 0, visibleFrom: 2 }]);
    await notify(job());
    expect(sent).toEqual([]);
  });

  it('is one for several messages of a conversation: the latest (IM-NOTIFY-2)', async () => {
    const second = await store(2, 'two');
    await notify(job(second), job());
    await notify(job(), job(second));
    expect(bodies()).toEqual(['two', 'two']);
  });

  it('is of the latest message whose sender the user has not blocked, from a read of each pair (IM-NOTIFY-2)', async () => {
    const from = (sender: string, seq: number) =>
      storeAt(world, DM, seq, draft(sender, `c${seq}`, { type: 'text', text: sender }));
    const messages = [message, await from('carol', 2), await from('alice', 3), await from('carol', 4)];
    await block('carol');
    const read = vi.spyOn(world.blocks, 'blocked');
    await notify(...messages.map((each) => job(each)));
    expect([bodies(), sent[0]?.message.payload.seq]).toEqual([['alice'], 3]);
    expect(read.mock.calls).toEqual([
      [
        [
          { userId: 'bob', peer: 'alice' },
          { userId: 'bob', peer: 'carol' },
        ],
      ],
    ]);
  });

  it('reads no blocks for a message that is not worth it', async () => {
    await world.conversationWriter.advanceRead('bob', DM, 1);
    const read = vi.spyOn(world.blocks, 'blocked');
    await notify(job());
    expect(read).not.toHaveBeenCalled();
  });

  it('removes a registration that is gone, unless the device has registered anew (IM-NOTIFY-3)', async () => {
    answers.set('bobs-phone', 'gone');
    await notify(job());
    expect(await world.pushDevices.devicesOf(['bob'])).toEqual(new Map());
  });

  it('does not fail if that registration cannot be removed', async () => {
    answers.set('bobs-phone', 'gone');
    vi.spyOn(world.pushDeviceWriter, 'forget').mockRejectedValue(new UnavailableError());
    expect(await notify(job())).toEqual([]);
  });

  it('goes later to the devices alone whose service asks for that, as long as it is fresh (IM-NOTIFY-2)', async () => {
    await world.pushDeviceWriter.register('bob', 'tablet', { provider: 'apns', token: 'tablet' }, 20);
    answers.set('tablet', { afterSeconds: 60 });
    await notify(job());
    const [later, ...others] = world.notifications.jobs;
    expect([later, others]).toMatchObject([{ devices: ['tablet'], round: 1, delaySeconds: 60 }, []]);
    sent = [];
    answers.set('tablet', { afterSeconds: 0 });
    await notify(later as Notification);
    expect(tokens()).toEqual(['tablet']);
    expect(world.notifications.jobs[1]).toMatchObject({ round: 2, delaySeconds: 10 });
    answers.set('tablet', { afterSeconds: 300 });
    await notify(later as Notification);
    expect(world.notifications.jobs).toHaveLength(2);
  });

  it('comes back as a whole if the queue does not take the rest', async () => {
    answers.set('bobs-phone', { afterSeconds: 0 });
    vi.spyOn(world.notifications, 'enqueue').mockRejectedValue(new UnavailableError());
    expect(await notify(job())).toMatchObject([{ recordId: 'r0' }]);
  });

  it('reads nothing more for a user without devices', async () => {
    const read = vi.spyOn(world.messages, 'getMany');
    await notify(job(message, { userId: 'carol' }));
    expect(read).not.toHaveBeenCalled();
  });
});

describe('a registration', () => {
  it('is dearer if many devices, or long endpoints, are written with it; so is its removal (IM-BUDGET-1)', async () => {
    const charged: number[] = [];
    const budget = { ...UNLIMITED, charge: async (credits: number) => void charged.push(credits) };
    const pushOptions = { webPushPublicKey: undefined, providers: ['fcm'] as const, hosts: [] };
    const asked = { ...world, budget, pushOptions };
    const register = (deviceId: string, token: string) =>
      registerDevice(asked, 'carol', deviceId, { provider: 'fcm', token });
    await register('d0', 'short');
    expect(charged).toEqual([0]);
    for (let n = 1; n < 20; n += 1) await register(`d${n}`, `${n}-`.padEnd(1_024, 't'));
    const [twentieth = 0] = charged.slice(-1);
    expect(twentieth).toBeGreaterThan(20);
    await register('d1', '1-'.padEnd(1_024, 't'));
    await unregisterDevice(asked, 'carol', 'd2');
    expect(charged.slice(-2)).toEqual([0, twentieth]);
  });
});

describe('logging out', () => {
  it('ends the notifications of a device, or of all (IM-NOTIFY-1)', async () => {
    await world.pushDeviceWriter.register('bob', 'tablet', { provider: 'apns', token: 'tablet' }, 20);
    await logOut(world, { userId: 'bob', deviceId: 'phone' });
    const left = (await world.pushDevices.devicesOf(['bob'])).get('bob');
    expect(left?.map(({ deviceId }) => deviceId)).toEqual(['tablet']);
    await logOut(world, { userId: 'bob' });
    expect(await world.pushDevices.devicesOf(['bob'])).toEqual(new Map());
  });
});
