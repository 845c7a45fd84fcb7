import { directId, inParallel, joinPair, type Scenario, sending } from './scenario.ts';

const PAGE = 100;
const AVATAR = 'https://pictures.example/01M8G7ANDPMQ1Y9ZY667WWF1QF.webp';

/** Profiles, contacts, and settings: one change of each kind, and pages of a hundred. */
export const people: Scenario = {
  name: 'people',
  isChecked: true,
  async run({ stack, measure, rounds, user }) {
    const { a, b, alice, bob } = await joinPair(stack);
    const put = (who: string, path: string, body: object) => stack.http(who, path, { method: 'PUT', body });
    const others = Array.from({ length: PAGE }, user);
    await inParallel(PAGE, 10, async (n) => {
      await put(others[n] ?? '', '/profile', { name: 'A person with a name', avatar: AVATAR });
    });
    for (const other of others) await put(b, `/contacts/${other}`, { alias: 'A friend' });
    for (let round = 0; round < rounds; round += 1) {
      // Names and conversations are new each time: a version of two digits would change the bytes.
      const c = user();
      const profile = { name: 'A person with a name', avatar: AVATAR };
      await measure('a profile written', () => put(c, '/profile', profile));
      await measure('a profile that is as it was', () => put(c, '/profile', profile));
      await measure('one’s own profile', () => stack.http(c, `/profiles?userIds=${c}`));
      await measure('100 profiles', () => stack.http(a, `/profiles?userIds=${others.join(',')}`));
      await measure('a contact added', () => put(a, `/contacts/${c}`, {}));
      await measure('a contact replaced', () => put(a, `/contacts/${c}`, { favorite: true }));
      await measure('a contact removed', () => stack.http(a, `/contacts/${c}`, { method: 'DELETE' }));
      await measure('100 contacts', () => stack.http(b, '/contacts'));
      await alice.request(sending(c));
      const path = `/conversations/${encodeURIComponent(directId(a, c))}`;
      const change = (body: object) => stack.http(a, path, { method: 'PATCH', body });
      await measure('a setting changed', () => change({ pinned: true }));
      await measure('a setting that is as it was', () => change({ pinned: true }));
      await measure('a conversation archived', () => change({ archived: true }));
    }
    await stack.leave(alice, bob);
  },
};
