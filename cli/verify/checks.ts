import assert from 'node:assert/strict';
import { ImError } from '../../client/src/index.ts';
import { messageOf } from '../../local/operator-error.ts';
import type { PollBody } from '../../protocol/http.ts';
import { Person, request, textOf } from './person.ts';
import { statusOfUpgrade } from './upgrade.ts';
import type { World } from './world.ts';

/** One promise of the contract, as a user of the deployment sees it. */
export interface Check {
  /** A sentence that is true if `run` resolves. */
  readonly says: string;
  readonly run: (world: World) => Promise<void>;
}

/** Each builds on those before it. */
export const CHECKS: readonly Check[] = [
  { says: 'Three users sign in, and each is who the token says.', run: signIn },
  {
    says: 'A token that is forged, or none, is refused over HTTP and at the socket.',
    run: refuseForgedTokens,
  },
  { says: 'The users connect and say hello.', run: connect },
  { says: 'A message arrives, and so does the answer.', run: talk },
  { says: 'A message that is sent twice is stored once.', run: repeat },
  { says: 'Messages to a user who is away wait, and arrive once each, numbered in order.', run: waitInInbox },
  { says: 'A user without a socket gets a message by a poll.', run: poll },
  { says: 'History has each message once, and both users read the same.', run: readHistory },
  { says: 'A message to a group arrives.', run: talkInGroup },
  { says: 'An outsider can neither read nor write there.', run: keepOutsidersOut },
  { says: 'A member who was removed hears and reads nothing any more.', run: removeMember },
  { says: 'A recalled message is gone, for the reader and from history.', run: recall },
  { says: 'The outsider, connected all the time, has heard nothing.', run: outsiderHeardNothing },
];

async function signIn(world: World): Promise<void> {
  for (const name of ['alice', 'bob', 'eve'] as const)
    world.people[name] = await Person.signIn(world.deployment, `${world.run}-${name}`);
  const ids = Object.values(world.people).map(({ id }) => id);
  assert.equal(new Set(ids).size, 3, `two tokens have the same user id: ${ids.join(', ')}`);
}

async function refuseForgedTokens({ alice, deployment }: World): Promise<void> {
  const [head, payload, signature = ''] = alice.token.split('.');
  const forged = [head, payload, 'A'.repeat(signature.length)].join('.');
  for (const token of [forged, 'none']) {
    const { status } = await request(deployment.httpUrl, token, 'GET', '/session');
    assert.equal(status, 401, `GET /session answers ${status}`);
    const upgrade = await statusOfUpgrade(alice.wsUrl, token);
    assert.equal(upgrade, 401, `the socket answers ${upgrade}`);
  }
}

async function connect({ alice, bob, eve }: World): Promise<void> {
  await Promise.all([alice, bob, eve].map(({ im }) => im.connect()));
  assert.deepEqual([alice.im.userId, bob.im.userId], [alice.id, bob.id], 'welcome names another user');
}

async function talk({ alice, bob }: World): Promise<void> {
  await alice.say({ to: bob }, 'talk 1');
  const { from } = await bob.hears('talk 1');
  assert.equal(from, alice.id, `it comes from ${from}`);
  await bob.say({ to: alice }, 'talk 2');
  await alice.hears('talk 2');
}

async function repeat({ alice, bob }: World): Promise<void> {
  const content = { type: 'text', text: 'repeat' };
  const send = () => alice.http('POST', '/messages', { to: bob.id, clientMsgId: 'repeat', content });
  const [first, second] = [await send(), await send()];
  assert.equal(first.status, 200, `POST /messages answers ${first.status} ${JSON.stringify(first.body)}`);
  assert.equal(second.body['seq'], first.body['seq'], 'the repeat has another seq');
  await bob.hears('repeat');
}

async function waitInInbox({ alice, bob }: World): Promise<void> {
  bob.im.close();
  const texts = ['wait 1', 'wait 2', 'wait 3'];
  for (const text of texts) await alice.say({ to: bob }, text);
  await bob.im.connect();
  await Promise.all(texts.map((text) => bob.hears(text)));
  // By seq: above a gap that a slow deployment fills late, the SDK passes messages on after a second.
  const heard = bob.textsHeard('wait');
  assert.deepEqual(heard, texts, `heard: ${heard.join(', ')}`);
}

async function poll({ alice, bob }: World): Promise<void> {
  bob.im.close();
  let [page] = await Promise.all([pollOnce(bob, {}), alice.say({ to: bob }, 'poll')]);
  // Pages of the inbox that the socket had not acknowledged yet come first.
  while (!page.texts.includes('poll')) page = await pollOnce(bob, { batch: page.batch });
  const next = await pollOnce(bob, { waitMs: 0, batch: page.batch });
  assert.deepEqual(next.texts, [], 'what was acknowledged comes again');
  await bob.im.connect();
}

async function pollOnce(person: Person, request: object) {
  const { status, body } = await person.http('POST', '/poll', { deviceId: 'verify-poll', ...request });
  assert.equal(status, 200, `POST /poll answers ${status} ${JSON.stringify(body)}`);
  const { messages, batch } = body as unknown as PollBody;
  return { texts: messages.map(textOf), batch };
}

const DIRECT = ['talk 1', 'talk 2', 'repeat', 'wait 1', 'wait 2', 'wait 3', 'poll'];

async function readHistory({ alice, bob }: World): Promise<void> {
  for (const [reader, peer] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const { messages } = await reader.im.direct(peer.id).history({ limit: 100 });
    assert.deepEqual(messages.map(textOf), DIRECT, `it has: ${messages.map(textOf).join(', ')}`);
    const seqs = messages.map(({ seq = 0 }) => seq);
    assert.deepEqual(
      seqs,
      seqs.toSorted((a, b) => a - b),
      `the seqs are ${seqs.join(', ')}`,
    );
  }
  assert.deepEqual(bob.textsHeard('repeat'), ['repeat'], 'the repeated message was shown twice');
}

async function talkInGroup(world: World): Promise<void> {
  const { alice, bob } = world;
  const group = await alice.im.groups.create({ name: 'serverless-im verify', members: [bob.id] });
  world.groupId = group.conversationId;
  await alice.say(group, 'group 1');
  await bob.hears('group 1');
}

async function keepOutsidersOut({ eve, groupId, alice, bob }: World): Promise<void> {
  const direct = `dm:${[alice.id, bob.id].toSorted().join(':')}`;
  for (const id of [groupId, direct]) {
    await refused(`history of ${id}`, eve.im.conversation(id).history());
    await refused(`a message to ${id}`, eve.say({ conversationId: id }, 'eve'));
  }
}

async function removeMember({ alice, bob, groupId }: World): Promise<void> {
  await alice.im.groups.removeMember(groupId, bob.id);
  await alice.say({ conversationId: groupId }, 'group 2');
  await refused('history of the group', bob.im.conversation(groupId).history());
  await alice.say({ to: bob }, 'after');
  await bob.hears('after');
  assert.deepEqual(bob.textsHeard('group'), ['group 1'], 'a message of the group still came');
}

async function recall({ alice, bob }: World): Promise<void> {
  const { seq } = await alice.say({ to: bob }, 'mistake');
  await bob.hears('mistake');
  const reader = bob.im.direct(alice.id);
  const changed = new Promise<string>((resolve) =>
    reader.on('changed', ({ message }) => {
      if (message.seq === seq) resolve(message.content.type);
    }),
  );
  await alice.im.direct(bob.id).recall(seq);
  assert.equal(await changed, 'recalled', 'the reader was told of another change');
  const { messages } = await reader.history({ limit: 1 });
  assert.equal(messages[0]?.content.type, 'recalled', 'history still has it');
}

async function outsiderHeardNothing({ eve }: World): Promise<void> {
  assert.equal(eve.im.state, 'connected', `the outsider is ${eve.im.state}`);
  assert.deepEqual(eve.heard.map(textOf), [], 'a message of others came');
}

/** @throws {assert.AssertionError} unless the deployment refuses it */
async function refused(what: string, done: Promise<unknown>): Promise<void> {
  const error: unknown = await done.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const isRefusal = error instanceof ImError && (error.code === 'not_found' || error.code === 'forbidden');
  assert.ok(isRefusal, error === undefined ? `${what} is not refused` : `${what}: ${messageOf(error)}`);
}
