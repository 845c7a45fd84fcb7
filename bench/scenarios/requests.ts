import type { Bench } from './scenario.ts';
import { directId, inParallel, joinPair, type Pair, type Scenario, sending } from './scenario.ts';

const PEERS = 50;
const LONG = 'x'.repeat(16_000);

/** The actions and requests that no other scenario measures, so that each price can be compared with a count. */
export const requests: Scenario = {
  name: 'requests',
  isChecked: true,
  async run(bench) {
    for (let round = 0; round < bench.rounds; round += 1) {
      const pair = await joinPair(bench.stack);
      await pair.alice.request(sending(pair.b));
      await frames(bench, pair);
      await changesOverHttp(bench, pair);
      await longMessage(bench, pair);
      await ofGroup(bench, pair);
      await bench.stack.leave(pair.alice, pair.bob);
    }
    await presences(bench);
  },
};

async function frames({ stack, measure }: Bench, { a, b, alice, bob }: Pair): Promise<void> {
  await measure('a read cursor moved', () => bob.request({ action: 'read', to: a, seq: 1 }));
  const token = await stack.runtime.token(a);
  await measure('a session renewed', () => alice.request({ action: 'renew', token }));
  await measure('a frame that is refused', async () => {
    const refused = alice.next(({ type }) => type === 'error');
    alice.send({ action: 'sendMessage', id: 'r1' });
    await refused;
  });
  await measure('GET /session', () => stack.http(a, '/session'));
  await measure('conversations, the only one', () => stack.http(a, '/conversations'));
  await measure('history, the only message', () => stack.http(a, pathOf(a, b, '/messages')));
  const { action: _, ...body } = sending(b);
  await measure('POST /messages', () => stack.http(a, '/messages', { method: 'POST', body }));
}

async function changesOverHttp({ stack, measure }: Bench, { a, b, alice }: Pair): Promise<void> {
  const { seq } = await alice.request(sending(b));
  const path = pathOf(a, b, `/messages/${seq}`);
  const content = { type: 'text', text: 'edited' };
  await measure('PATCH …/messages/{seq}', () =>
    stack.http(a, path, { method: 'PATCH', body: { editId: 'e1', content } }),
  );
  for (const [what, of] of [
    ['PUT', '/pin'],
    ['DELETE', '/pin'],
    ['PUT', '/reactions/ok'],
    ['DELETE', '/reactions/ok'],
    ['DELETE', ''],
  ] as const)
    await measure(`${what} …/messages/{seq}${of}`, () => stack.http(a, path + of, { method: what }));
}

async function longMessage({ measure }: Bench, { b, alice, bob, a }: Pair): Promise<void> {
  const { seq } = await measure('message of 16 KB', () => alice.request(sending(b, LONG)));
  const react = (name: string) => bob.request({ action: 'react', to: a, seq, name, on: true });
  await react('a');
  await measure('a reaction to a message of 16 KB', () => react('b'));
  const content = { type: 'text', text: `${LONG}!` };
  await measure('an edit of a message of 16 KB', () =>
    alice.request({ action: 'edit', to: b, seq, editId: 'e1', content }),
  );
}

/** Of five, of whom two are online. The watchdog's job, which follows after 12 s, is dropped. */
async function ofGroup({ stack, measure, user }: Bench, { a, b }: Pair): Promise<void> {
  const request = (path: string, method = 'GET', body?: object) => stack.http(a, path, { method, body });
  const members = [b, user(), user(), user()];
  const { conversationId } = (await request('/groups', 'POST', { name: 'bench', members })) as {
    conversationId: string;
  };
  await stack.settle();
  const path = `/groups/${conversationId}`;
  await measure('GET /groups/{id}', () => request(path));
  await measure('GET /groups/{id}/members', () => request(`${path}/members`));
  await measure('GET /groups/{id}/reads', () => request(`${path}/reads`));
  await measure('PATCH /groups/{id} of 5, 2 online', () => request(path, 'PATCH', { name: 'other' }));
  await measure('POST /groups/{id}/members: 1 to 5, 2 online', () =>
    request(`${path}/members`, 'POST', { members: [user()] }),
  );
}

async function presences({ stack, measure, rounds, user }: Bench): Promise<void> {
  const [a, peers] = [user(), Array.from({ length: PEERS }, user)];
  const alice = await stack.join(a);
  // Presence passes between users who have both written.
  await inParallel(PEERS, 10, async (n) => {
    const { action: _, ...body } = sending(a);
    await stack.http(peers[n] ?? '', '/messages', { method: 'POST', body });
    await alice.request(sending(peers[n] ?? ''));
  });
  const ask = (userIds: readonly string[]) => alice.request({ action: 'presence', userIds });
  for (let round = 0; round < rounds; round += 1) {
    await measure('presence of a user', () => ask(peers.slice(0, 1)));
    await measure(`presence of ${PEERS} users`, () => ask(peers));
  }
  await stack.leave(alice);
}

function pathOf(a: string, b: string, rest: string): string {
  return `/conversations/${encodeURIComponent(directId(a, b))}${rest}`;
}
