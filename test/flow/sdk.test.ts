/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Client, changeSettings, createClient, MessageView } from '../../client/src/index.ts';
import { draw } from '../../local/aws-proxy/random.ts';
import { printViolations, violationsOf } from '../proof/checker/checker.ts';
import { Recorder } from '../proof/recorder.ts';
import { groupsOf } from './setup/groups.ts';
import { createTestProxy } from './setup/proxy.ts';
import { Device, recordOf, retryPolicy } from './setup/sdk-device.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

const proxy = createTestProxy();
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    onWarning: () => undefined,
  });
});
afterAll(() => stack?.stop());

describe('the SDK among faults', () => {
  it.each([1])(
    'gives each device every acked message once, in order, and nothing else (IM-INV-1 to IM-INV-5, IM-HELLO-3, seed %i)',
    async (seed) => {
      const recorder = new Recorder(seed);
      const [a, b, c] = [newUser('ann'), newUser('bob'), newUser('cid')];
      const group = await groupsOf(() => stack).newGroup(a, [b, c]);
      const conversations = [
        { conversationId: group, members: [a, b, c] },
        ...[
          [a, b],
          [b, c],
        ].map((members) => ({ conversationId: `dm:${members.toSorted().join(':')}`, members })),
      ];
      for (const conversation of conversations) recorder.addConversation(conversation);
      const of = (user: string) => conversations.filter(({ members }) => members.includes(user));
      const devices = [a, b, c].flatMap((user) =>
        ['phone', 'laptop'].map((name) => new Device(stack, user, name, recorder)),
      );
      await Promise.all(
        devices.map((device) => device.begin(of(device.user).map(({ conversationId }) => conversationId))),
      );

      for (const rule of [
        { fault: 'throttle', service: 'dynamodb', probability: 0.05 },
        { fault: 'error-after', operation: 'PutItem', table: 'Messages', probability: 0.2 },
        { fault: 'cut-after', operation: 'UpdateItem', table: 'Conversations', probability: 0.1 },
        { fault: 'error', operation: 'PostToConnection', probability: 0.2 },
        {
          fault: 'kill',
          route: 'sendMessage',
          operation: 'PostToConnection',
          probability: 0.05,
          times: 2,
        },
      ] as const)
        proxy.inject(rule);

      let acked = 0;
      /** Every few messages somebody's network fails, sometimes without a close. */
      const cutSomebody = () => {
        acked += 1;
        if (acked % 4 !== 0) return;
        const open = stack.gateway.connections();
        const which = Math.floor(draw(seed, 'cut', acked) * open.length);
        const { connectionId } = open[which] ?? {};
        if (connectionId !== undefined) stack.gateway.cut(connectionId, { silent: acked % 8 === 0 });
      };
      const outcomes = devices.flatMap((device) =>
        of(device.user).flatMap(({ conversationId }) =>
          Array.from({ length: 4 }, (_, n) =>
            device.send(conversationId, `${device.name} ${n}`).acked.then(cutSomebody),
          ),
        ),
      );
      await Promise.all(outcomes);

      proxy.clearFaults();
      await proxy.untilIdle();
      recorder.add({ type: 'healed' });
      for (const device of devices) await device.sync();
      for (const { conversationId, members } of conversations) {
        const [reader] = devices.filter(({ user }) => user === members[0]);
        if (reader === undefined) throw new Error('The conversation has no reader.');
        const messages = await recordOf(reader.im.conversation(conversationId));
        recorder.add({ type: 'final', user: reader.user, conversationId, messages });
      }
      for (const { im } of devices) im.close();

      const { history } = recorder;
      expect(printViolations(violationsOf(history), history)).toBe('');
      expect(
        devices.flatMap(({ user, name, faults }) => faults.map((fault) => `${user}/${name} ${fault}`)),
      ).toEqual([]);
      expect(devices.flatMap(({ sent }) => sent.map(({ state }) => state)).includes('pending')).toBe(false);
    },
    // The SDK waits between its attempts; on a busy machine it needs more of them.
  );
});

describe('the SDK in a group that its user leaves while it is cut off', () => {
  it('drops the group, fails its unsent messages, and shows it without a reload when the user is added again (IM-CHANGE-3)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const { newGroup, send, call } = groupsOf(() => stack);
    const [lost, kept] = [await newGroup(a, [b]), await newGroup(a, [b])];
    const getToken = () => stack.token(b);
    const { wsUrl, httpUrl } = stack;
    const quiet = () => {};
    const logger = { debug: quiet, warn: quiet, error: console.error };
    const im = createClient({ wsUrl, httpUrl, getToken, deviceId: b, retryPolicy, logger });
    onTestFinished(() => im.close());
    const ids = () => im.conversations()?.map(({ conversationId }) => conversationId);
    await im.connect();
    expect(ids()?.sort()).toEqual([lost, kept].sort());
    const view = new MessageView(im.conversation(lost));
    onTestFinished(() => view.close());
    await expect.poll(() => view.snapshot.isLoaded).toBe(true);

    stack.gateway.refuseUpgrades(503);
    onTestFinished(() => stack.gateway.refuseUpgrades(undefined));
    for (const { connectionId, authorizer } of stack.gateway.connections())
      if (authorizer?.['userId'] === b) stack.gateway.cut(connectionId);
    await expect.poll(() => im.state).toBe('reconnecting');
    const unsent = im.conversation(lost).send({ type: 'text', text: 'hi' });
    // Another device of the user leaves: nothing about it is in the inbox.
    expect((await send(b, 'DELETE', `/groups/${lost}/members/${b}`)).status).toBe(204);
    stack.gateway.refuseUpgrades(undefined);
    await expect(unsent.acked).rejects.toMatchObject({ code: 'not_found' });
    await expect.poll(ids).toEqual([kept]);
    await expect.poll(() => view.snapshot.error?.code).toBe('not_found');
    expect(view.snapshot.messages.at(-1)).toMatchObject({ state: 'failed', content: { text: 'hi' } });

    expect((await call(a, 'POST', `/groups/${lost}/members`, { members: [b] })).status).toBe(200);
    await expect.poll(() => view.snapshot.error).toBeUndefined();
    await expect.poll(() => ids()?.toSorted()).toEqual([lost, kept].sort());
    await im.conversation(lost).retry(unsent.clientMsgId);
    await expect.poll(() => view.snapshot.messages.at(-1)?.state).toBe('sent');
  });
});

describe('two people with the SDK', () => {
  function clientOf(userId: string, deviceId = userId): Client {
    const { wsUrl, httpUrl } = stack;
    const im = createClient({ wsUrl, httpUrl, getToken: () => stack.token(userId), deviceId, retryPolicy });
    onTestFinished(() => im.close());
    return im;
  }

  it('see each other’s names and pictures, and the server says what is wrong with a profile (IM-PROFILE-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [clientOf(a), clientOf(b)];
    const profile = {
      name: 'Alice',
      avatar: 'https://pictures.example/alice.png',
      custom: { team: 'boats' },
    };
    expect(await alice.profile.set(profile)).toEqual({ userId: a, ...profile, version: 1 });
    expect(await Promise.all([bob.profiles.get(a), bob.profiles.get(b), bob.profiles.get('system')])).toEqual(
      [{ userId: a, ...profile, version: 1 }, null, null],
    );
    await expect(alice.profile.set({ avatar: 'http://pictures.example/alice.png' })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [{ path: 'avatar' }],
    });
    expect(await alice.profile.get()).toMatchObject({ name: 'Alice' });
  });

  it('keep contacts and settings, which the other devices of a user find (IM-CONTACT-1, IM-SETTINGS-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, phone, bob] = [clientOf(a), clientOf(a, `${a}-phone`), clientOf(b)];
    await Promise.all([alice.connect(), bob.connect()]);
    await bob.direct(a).send({ type: 'text', text: 'hi' }).acked;
    expect(await alice.contacts.load()).toEqual([]);
    await alice.contacts.add(b, { alias: 'Bobby', favorite: true });
    expect(alice.contacts.all).toEqual([{ userId: b, alias: 'Bobby', favorite: true }]);
    expect(await changeSettings(alice.direct(b), { archived: true, pinned: true })).toEqual({
      archived: true,
      pinned: true,
    });
    await phone.connect();
    expect(await phone.contacts.load()).toEqual(alice.contacts.all);
    expect(phone.direct(b).settings).toEqual({ archived: true, pinned: true });
    await bob.direct(a).send({ type: 'text', text: 'are you there?' }).acked;
    for (const im of [alice, phone]) await expect.poll(() => im.direct(b).settings).toEqual({ pinned: true });
    await alice.contacts.remove(b);
    expect(await phone.contacts.load()).toEqual([]);
  });

  it('of whom one blocks the other: what was refused is sent by a retry once the block is lifted (IM-BLOCK-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [clientOf(a), clientOf(b)];
    await Promise.all([alice.connect(), bob.connect()]);
    await alice.blocks.add(b);
    expect(await alice.blocks.load()).toMatchObject([{ userId: b }]);
    const refused = bob.direct(a).send({ type: 'text', text: 'hi' });
    await expect(refused.acked).rejects.toMatchObject({ code: 'forbidden', retryable: false });
    await alice.blocks.remove(b);
    expect(alice.blocks.all).toEqual([]);
    await expect(bob.direct(a).retry(refused.clientMsgId)).resolves.toMatchObject({ seq: 1 });
  });
});
