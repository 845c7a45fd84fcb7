/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { printViolations, violationsOf } from '../proof/checker/checker.ts';
import { Recorder } from '../proof/recorder.ts';
import { asAdmin } from './setup/admin.ts';
import { startTestCluster, type TestCluster } from './setup/cluster.ts';
import { assigned, deskEnvironment, deskOf, newQueue, openChat } from './setup/desk.ts';
import { groupsOf, isSystem, say } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { Device, recordOf } from './setup/sdk-device.ts';
import { sending, textContent } from './setup/sends.ts';
import { countInbox, newUser } from './setup/stack.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster(deskEnvironment());
});
afterAll(() => cluster?.stop());

const idOf = (a: string, b: string) => `dm:${[a, b].sort().join(':')}`;

/** Time passes for the queues until the test has ended, so that nobody waits for their delays. */
function letTimePass(): void {
  const turn = setInterval(() => cluster.advanceQueues(5), 20);
  onTestFinished(() => clearInterval(turn));
}

describe('users on different nodes', () => {
  it('get each other’s messages and hints (IM-PUSH-1)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await cluster.on(1).join(a), await cluster.on(2).join(b)];
    await alice.request(sending(b, 'hi-bob'));
    expect(await bob.message('hi-bob')).toMatchObject({ from: a, seq: 1 });
    await bob.request(sending(a, 'hi-alice'));
    expect(await alice.message('hi-alice')).toMatchObject({ from: b, seq: 2 });
    bob.send(JSON.stringify({ action: 'typing', to: a, typing: true }));
    expect(await alice.frame(({ type }) => type === 'typing')).toMatchObject({ userId: b });
    await alice.request({ action: 'read', conversationId: idOf(a, b), seq: 2 });
    expect(await bob.frame(({ type }) => type === 'read')).toMatchObject({ userId: a, seq: 2 });
  });

  it('are devices of one user, members of one group, and find one inbox (IM-PUSH-1)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const phone = await cluster.on(1).join(a);
    const laptop = await cluster.on(2).join(a);
    const bob = await cluster.on(2).join(b);
    const group = await groupsOf(() => cluster.on(2)).newGroup(a, [b, c]);
    await say(phone, group, 'hi all');
    for (const socket of [laptop, bob]) await socket.message('hi all');
    await say(bob, group, 'hi phone');
    for (const socket of [phone, laptop]) await socket.message('hi phone');
    // The workers of either node have stored what waits for Carol, or find her session now.
    const carol = await cluster.on(1).join(c);
    for (const text of ['hi all', 'hi phone']) await carol.message(text);
  });

  it('are customer and agent of one chat (IM-DESK-1)', async () => {
    const queue = newQueue();
    const bob = await deskOf(() => cluster.on(1)).customer();
    const { conversationId } = await openChat(bob, queue);
    const ann = await deskOf(() => cluster.on(2)).readyAgent(queue);
    for (const person of [ann, bob]) await assigned(person, conversationId);
    await say(bob.socket, conversationId, 'my boat leaks');
    await ann.socket.message('my boat leaks');
    await say(ann.socket, conversationId, 'how can I help');
    await bob.socket.message('how can I help');
  });
});

describe('the operator of a cluster', () => {
  it('reaches users on every node, by the common address and by each node’s own (IM-ADMIN-3)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await cluster.on(1).join(a), await cluster.on(2).join(b)];
    const made = await asAdmin(cluster, 'POST /admin/groups', { name: 'Crew', members: [a, b] });
    expect(made).toMatchObject({ status: 201, body: { admins: [a] } });
    for (const socket of [alice, bob]) await socket.frame(isSystem('created'));
    const { conversationId } = made.body;
    for (const node of [1, 2]) {
      const message = {
        from: a,
        conversationId,
        clientMsgId: `n${node}`,
        content: textContent(`n${node}`),
      };
      expect(await asAdmin(cluster.on(node), 'POST /admin/messages', message)).toMatchObject({ status: 200 });
      for (const socket of [alice, bob]) await socket.message(`n${node}`);
    }
    const isClosing = ({ type }: Json) => type === 'session.closed';
    expect(await asAdmin(cluster.on(1), `PUT /admin/users/${b}/ban`, {})).toMatchObject({ status: 204 });
    expect(await bob.frame(isClosing)).toMatchObject({ code: 'banned' });
    expect((await asAdmin(cluster.on(2), `GET /admin/users/${b}`)).body).toMatchObject({
      sessions: [],
      ban: {},
    });
  });

  it('has tasks done by the workers of either node (IM-ERASE-1)', async () => {
    letTimePass();
    const [a, b] = [newUser('alice'), newUser('bob')];
    const group = await groupsOf(() => cluster.on(1)).newGroup(a, [b]);
    const { taskId } = (await asAdmin(cluster.on(1), `DELETE /admin/users/${a}`)).body;
    await expect
      .poll(async () => (await asAdmin(cluster.on(2), `GET /admin/tasks/${taskId}`)).body.state)
      .toBe('done');
    expect((await cluster.on(2).http(b, `/groups/${group}`)).body).toMatchObject({
      admins: [b],
      memberCount: 1,
    });
  });
});

describe('a device that connects to another node', () => {
  it('replaces its session on the first, whose socket is closed from afar (IM-CONN-4)', async () => {
    const a = newUser('alice');
    const before = await cluster.on(1).join(a, { deviceId: 'phone' });
    await cluster.on(2).join(a, { deviceId: 'phone' });
    expect((await before.closed).code).toBe(1000);
  });
});

describe('GET /session', () => {
  it('names the node with the fewest sockets', async () => {
    const users = ['x', 'y', 'z'].map(newUser);
    const named = async () => (await cluster.http(newUser('who'), '/session?deviceId=one')).body.wsUrl;
    const urls = cluster.nodes().map(({ wsUrl }) => wsUrl);
    for (const [node, least] of [
      [1, urls[1]],
      [2, urls[0]],
    ] as const) {
      // More than the other tests have open.
      const sockets = await Promise.all(
        Array.from({ length: 8 }, (_, n) => cluster.on(node).open(`${users[0]}-${node}-${n}`)),
      );
      await expect.poll(named).toBe(least);
      expect(await named()).toBe(least);
      await Promise.all(sockets.map((socket) => socket.close()));
    }
  });
});

describe('a node that is killed', () => {
  it('amid a talk loses no acked message: each is in history once, each device sees it once, and its clients go on by themselves (IM-FAULT-21, IM-INV-1 to IM-INV-5)', async () => {
    const recorder = new Recorder(1);
    const [a, b, c] = [newUser('ann'), newUser('bob'), newUser('cid')];
    const group = await groupsOf(() => cluster).newGroup(a, [b, c]);
    const conversations = [
      { conversationId: group, members: [a, b, c] },
      { conversationId: idOf(a, b), members: [a, b] },
      { conversationId: idOf(b, c), members: [b, c] },
    ];
    for (const conversation of conversations) recorder.addConversation(conversation);
    const of = (user: string) => conversations.filter(({ members }) => members.includes(user));
    const devices = [a, b, c].flatMap((user) =>
      ['phone', 'laptop'].map((name) => new Device(cluster, user, name, recorder)),
    );
    onTestFinished(() => {
      for (const { im } of devices) im.close();
    });
    const reconnects = new Set<Device>();
    for (const device of devices) {
      // One after another, so that each node gets some.
      await device.begin(of(device.user).map(({ conversationId }) => conversationId));
      device.im.on('connection', ({ current }) => {
        if (current === 'reconnecting') reconnects.add(device);
      });
    }

    let acked = 0;
    const enough = Promise.withResolvers<void>();
    const outcomes = devices.flatMap((device) =>
      of(device.user).flatMap(({ conversationId }) =>
        Array.from({ length: 5 }, async (_, n) => {
          await device.send(conversationId, `${device.name} ${n}`).acked;
          acked += 1;
          if (acked === 20) enough.resolve();
        }),
      ),
    );
    await enough.promise;
    const dead = await cluster.kill(1);
    await Promise.all(outcomes);
    expect(reconnects.size).toBeGreaterThan(0);

    await cluster.comesBack(dead);
    recorder.add({ type: 'healed' });
    for (const device of devices) await device.sync();
    for (const { conversationId, members } of conversations) {
      const reader = devices.find(({ user }) => user === members[0]);
      if (reader === undefined) throw new Error('The conversation has no reader.');
      const messages = await recordOf(reader.im.conversation(conversationId));
      recorder.add({ type: 'final', user: reader.user, conversationId, messages });
    }
    const { history } = recorder;
    expect(printViolations(violationsOf(history), history)).toBe('');
    expect(devices.flatMap(({ faults }) => faults)).toEqual([]);
  });

  it('has no connections any more, and its jobs are done by others: a message to its clients waits for them, and none to the absent is lost (IM-FAULT-21)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const [alice, bob] = [await cluster.on(2).join(a), await cluster.on(1).join(b)];
    const texts = Array.from({ length: 20 }, (_, n) => `n${n}`);
    for (const answer of await Promise.all(texts.map((text) => alice.request(sending(c, text)))))
      expect(answer.type).toBe('sent');
    // Both nodes' workers are storing them for Carol.
    const dead = await cluster.kill(1);
    expect((await bob.closed).code).toBe(1006);
    expect(await alice.request(sending(b, 'are-you-there'))).toMatchObject({ type: 'sent', seq: 1 });
    letTimePass();
    const again = await cluster.join(b);
    await again.message('are-you-there');
    await expect.poll(() => countInbox(cluster, c)).toBe(texts.length);

    const back = await cluster.comesBack(dead);
    expect(back.port).toBe(dead.port);
    const dan = await cluster.on(1).join(newUser('dan'));
    await dan.request(sending(b, 'i-am-on-the-new-one'));
    await again.message('i-am-on-the-new-one');
  });
});
