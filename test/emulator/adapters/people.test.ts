import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContactReader, ContactWriter } from '../../../lambdas/domain/model/contact.ts';
import type { ConversationReader, ConversationWriter } from '../../../lambdas/domain/model/conversation.ts';
import type { GroupReader, GroupWriter } from '../../../lambdas/domain/model/group.ts';
import type { ProfileReader, ProfileWriter } from '../../../lambdas/domain/model/profile.ts';
import type { ProfileCache } from '../../../lambdas/domain/model/profile-source.ts';
import { createWorld, NOON } from '../../adapters/memory/world.ts';
import { newName, startTables } from './tables.ts';

interface Ports {
  readonly profiles: ProfileReader & ProfileWriter & ProfileCache;
  readonly contacts: ContactReader & ContactWriter;
  readonly conversations: ConversationReader & ConversationWriter;
  readonly groups: GroupReader & GroupWriter;
}

const memory = createWorld();
let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables(() => NOON);
});
afterAll(() => tables?.stop());

const newUser = () => newName('user');

describe.each([
  ['memory', (): Ports => memory],
  ['DynamoDB', (): Ports => tables],
])('on %s,', (_, ports) => {
  describe('a profile', () => {
    it('is replaced as a whole; its version grows only if something changes (IM-PROFILE-1)', async () => {
      const { profiles } = ports();
      const userId = newUser();
      const facts = { name: 'Zoé 👋', avatar: 'https://a.example/', custom: { b: 1, a: { c: [null] } } };
      expect(await profiles.put(userId, facts)).toEqual({ userId, ...facts, version: 1 });
      const { custom, ...rest } = facts;
      const reordered = { custom: { a: custom.a, b: 1 }, ...rest };
      expect(await profiles.put(userId, reordered)).toEqual({ userId, ...facts, version: 1 });
      const named = { userId, name: 'Zoé', version: 2 };
      expect(await profiles.put(userId, { name: 'Zoé', avatar: undefined })).toEqual(named);
      expect(await profiles.profiles([userId], false)).toEqual([named]);
      expect(await profiles.put(userId, {})).toEqual({ userId, version: 3 });
    });

    it('is found with 99 others, in the order of the request; users without one are left out (IM-PROFILE-2)', async () => {
      const { profiles } = ports();
      const users = Array.from({ length: 100 }, newUser);
      const [first = '', second = ''] = users;
      await profiles.put(second, { name: 'Second' });
      await profiles.put(first, { name: 'First' });
      const found = await profiles.profiles(users.toReversed(), false);
      expect(found.map(({ userId }) => userId)).toEqual([second, first]);
      expect(await profiles.profiles([newUser()], false)).toEqual([]);
    });
  });

  describe('a profile that the source gave', () => {
    const at = async (userId: string) => (await ports().profiles.kept([userId], false)).get(userId);

    it('is kept with the time; its version grows only if something changes (IM-PROFILE-3)', async () => {
      const { profiles } = ports();
      const userId = newUser();
      expect(await at(userId)).toBeUndefined();
      const facts = { name: 'Zoé 👋', custom: { b: 1, a: 2 } };
      const first = { userId, ...facts, version: 1 };
      expect(await profiles.keep(userId, facts, { askedAtMs: 10 })).toEqual(first);
      expect(await at(userId)).toEqual({ profile: first, askedAtMs: 10 });
      // With and without what was kept before, which saves a call.
      expect(await profiles.keep(userId, facts, { askedAtMs: 20, before: await at(userId) })).toEqual(first);
      expect(await at(userId)).toEqual({ profile: first, askedAtMs: 20 });
      expect(await profiles.keep(userId, facts, { askedAtMs: 30 })).toEqual(first);
      expect(await at(userId)).toEqual({ profile: first, askedAtMs: 30 });
      const second = { userId, name: 'Zoé', version: 2 };
      expect(
        await profiles.keep(userId, { name: 'Zoé' }, { askedAtMs: 40, before: await at(userId) }),
      ).toEqual(second);
      expect(await profiles.profiles([userId], false)).toEqual([second]);
    });

    it('may be none, which is kept, too (IM-PROFILE-3)', async () => {
      const { profiles } = ports();
      const userId = newUser();
      expect(await profiles.keep(userId, undefined, { askedAtMs: 10 })).toBeUndefined();
      expect(await at(userId)).toEqual({ profile: undefined, askedAtMs: 10 });
      expect(await profiles.profiles([userId], false)).toEqual([]);
      await profiles.keep(userId, undefined, { askedAtMs: 20, before: await at(userId) });
      expect(await profiles.keep(userId, { name: 'New' }, { askedAtMs: 30 })).toMatchObject({ version: 2 });
    });

    it('is not replaced by an earlier answer that comes late, but replaces what the user said (IM-PROFILE-3)', async () => {
      const { profiles } = ports();
      const userId = newUser();
      await profiles.put(userId, { name: 'Mine' });
      expect(await at(userId)).toMatchObject({ askedAtMs: 0 });
      await profiles.keep(userId, { name: 'New' }, { askedAtMs: 20 });
      const late = await profiles.keep(userId, { name: 'Old' }, { askedAtMs: 10 });
      expect(late).toEqual({ userId, name: 'New', version: 2 });
      expect(await at(userId)).toEqual({ profile: late, askedAtMs: 20 });
      // The same words as the user's own are the source's from now on.
      const other = newUser();
      await profiles.put(other, { name: 'Mine' });
      await profiles.keep(other, { name: 'Mine' }, { askedAtMs: 10, before: await at(other) });
      expect(await at(other)).toMatchObject({ askedAtMs: 10 });
    });
  });

  describe('the contacts of a user', () => {
    const add = (userId: string, contactId: string, maximum = 3) =>
      ports().contacts.put(userId, { userId: contactId }, maximum);
    const ids = async (userId: string, after?: string, limit = 10) =>
      (await ports().contacts.contacts(userId, { after, limit })).map((contact) => contact.userId);

    it('are added, replaced, and removed, by user id, and are not conversations (IM-CONTACT-1)', async () => {
      const { contacts, conversations } = ports();
      const [userId, other] = [newUser(), newUser()];
      await conversations.createDirect(`dm:${userId}:z`, [userId, 'z']);
      for (const id of ['bob', '0l.ice@x|y', 'zed']) await add(userId, id);
      await add(other, 'eve');
      expect(await ids(userId)).toEqual(['0l.ice@x|y', 'bob', 'zed']);
      expect(await ids(userId, '0l.ice@x|y', 1)).toEqual(['bob']);
      expect(await ids(userId, 'bobby')).toEqual(['zed']);
      expect(await ids(userId, 'zed')).toEqual([]);
      await contacts.put(userId, { userId: 'bob', alias: 'Bobby', favorite: true }, 3);
      expect((await contacts.contacts(userId, { limit: 2 }))[1]).toEqual({
        userId: 'bob',
        alias: 'Bobby',
        favorite: true,
      });
      await add(userId, 'bob');
      expect((await contacts.contacts(userId, { limit: 2 }))[1]).toEqual({ userId: 'bob' });
      await contacts.remove(userId, 'bob');
      await contacts.remove(userId, 'bob');
      expect(await ids(userId)).toEqual(['0l.ice@x|y', 'zed']);
      const { memberships } = await conversations.memberships(userId, { limit: 10, departedSinceMs: 0 });
      expect(memberships.map(({ conversationId }) => conversationId)).toEqual([`dm:${userId}:z`]);
    });

    it('are at most as many as they may be, whatever is repeated (IM-CONTACT-1)', async () => {
      const { contacts } = ports();
      const userId = newUser();
      for (const id of ['a', 'b', 'b', 'c', 'a']) expect(await add(userId, id)).toBe(true);
      expect(await add(userId, 'd')).toBe(false);
      expect(await add(userId, 'c')).toBe(true);
      await contacts.remove(userId, 'a');
      await contacts.remove(userId, 'a');
      expect(await add(userId, 'd')).toBe(true);
      expect(await add(userId, 'e')).toBe(false);
      expect(await ids(userId)).toEqual(['b', 'c', 'd']);
    });

    it('are at most as many if two devices add and remove them at once (IM-CONTACT-1)', async () => {
      const { contacts } = ports();
      const userId = newUser();
      await add(userId, 'a');
      const added = await Promise.all([
        ...['b', 'c', 'd', 'd'].map((id) => add(userId, id).catch(() => false)),
        contacts.remove(userId, 'z'),
      ]);
      const found = await ids(userId);
      expect(found.length).toBeLessThanOrEqual(3);
      expect(new Set(found).size).toBe(found.length);
      expect(added.filter((one) => one === true).length).toBeGreaterThanOrEqual(found.length - 1);
      for (const id of found) await contacts.remove(userId, id);
      for (const id of ['x', 'y', 'z']) expect(await add(userId, id)).toBe(true);
      expect(await add(userId, 'w')).toBe(false);
    });
  });

  describe('the settings of a conversation', () => {
    const SETTINGS = {
      mutedUntilMs: 8.64e15,
      archivedSeq: 0,
      pinned: true,
      notify: 'none',
      atMs: NOON,
    } as const;
    const direct = async () => {
      const [alice, bob] = [newUser(), newUser()];
      const id = `dm:${alice}:${bob}`;
      await ports().conversations.createDirect(id, [alice, bob]);
      return { alice, bob, id };
    };

    it("are part of the user's own membership, and stay when the read cursor moves (IM-SETTINGS-1)", async () => {
      const { conversations } = ports();
      const { alice, bob, id } = await direct();
      const settings = { ...SETTINGS, version: 1 };
      expect(await conversations.setSettings(alice, id, settings)).toBe(true);
      await conversations.advanceRead(alice, id, 3);
      const membership = { conversationId: id, readSeq: 3, visibleFrom: 1, settings };
      expect(await conversations.membership(alice, id)).toEqual(membership);
      expect(await conversations.membershipsIn(alice, [id])).toEqual([membership]);
      expect((await conversations.memberships(alice, { limit: 9 })).memberships).toEqual([membership]);
      expect(await conversations.membership(bob, id)).not.toHaveProperty('settings');
    });

    it('change only from the version before, and only for members (IM-SETTINGS-1)', async () => {
      const { conversations } = ports();
      const { alice, id } = await direct();
      const set = (version: number, userId = alice) =>
        conversations.setSettings(userId, id, { atMs: NOON, version });
      expect(await set(2)).toBe(false);
      expect(await Promise.all([set(1), set(1)])).toContain(false);
      expect(await set(1)).toBe(false);
      expect(await set(2)).toBe(true);
      expect(await conversations.membership(alice, id)).toMatchObject({ settings: { version: 2 } });
      const stranger = newUser();
      expect(await set(1, stranger)).toBe(false);
      expect(await conversations.membership(stranger, id)).toBeUndefined();
    });

    it('end when the member leaves the group, and start anew (IM-SETTINGS-1)', async () => {
      const { conversations, groups } = ports();
      const [alice, bob] = [newUser(), newUser()];
      const conversationId = `g:${ulid()}`;
      const message = (seq: number) => ({
        ...{ conversationId, from: alice, clientMsgId: `c${seq}`, seq, messageId: ulid(), sentAt: NOON },
        ...{ contentJson: '{}', contentHash: 'h' },
      });
      const facts = { name: 'g', admins: [alice], memberCount: 2, openHistory: true };
      await groups.create(facts, [alice, bob], message(1));
      const set = (version: number) =>
        conversations.setSettings(bob, conversationId, { pinned: true, atMs: NOON, version });
      expect(await set(1)).toBe(true);
      await groups.markAsLeaving(conversationId, bob);
      expect(await set(2)).toBe(false);
      await groups.apply({ conversationId, message: message(2), remove: [bob], openHistory: true });
      expect(await set(2)).toBe(false);
      await groups.apply({ conversationId, message: message(3), add: [bob], openHistory: true });
      expect(await conversations.membership(bob, conversationId)).not.toHaveProperty('settings');
      expect(await set(2)).toBe(false);
      expect(await set(1)).toBe(true);
    });
  });
});
