import { beforeEach, describe, expect, it } from 'vitest';
import { listBlocks } from '../../../lambdas/domain/people/blocks.ts';
import { listContacts, putContact } from '../../../lambdas/domain/people/contacts.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { createWorld, type World } from '../../adapters/memory/world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});
const idOf = (index: number) => `u${String(index).padStart(5, '0')}`;

describe('the contacts of a user', () => {
  it("are listed a hundred a page, and not with another user's or list's cursor (IM-CONTACT-1, IM-REFUSE-5)", async () => {
    for (let index = 0; index < 201; index += 1) await putContact(world, 'alice', { userId: idOf(index) });
    const first = await listContacts(world, 'alice', undefined);
    expect(first.contacts).toHaveLength(100);
    const second = await listContacts(world, 'alice', first.cursor ?? '');
    const third = await listContacts(world, 'alice', second.cursor ?? '');
    expect(third).toEqual({ contacts: [{ userId: idOf(200) }], cursor: null });
    const foreign = listContacts(world, 'bob', first.cursor ?? '');
    await expect(foreign).rejects.toMatchObject({ code: 'invalid_request' });
    const otherList = listBlocks(world, 'alice', first.cursor ?? '');
    await expect(otherList).rejects.toMatchObject({ issues: [{ path: 'cursor' }] });
    await world.contactWriter.remove('alice', idOf(200));
    expect((await listContacts(world, 'alice', first.cursor ?? '')).cursor).toBeNull();
  });

  it('are never oneself, and a favorite only if they are said to be (IM-CONTACT-1)', async () => {
    const self = putContact(world, 'alice', { userId: 'alice' });
    await expect(self).rejects.toMatchObject({ code: 'invalid_request', issues: [{ path: 'userId' }] });
    const bob = { userId: 'bob', alias: 'Bobby' };
    expect(await putContact(world, 'alice', { ...bob, favorite: false })).toEqual(bob);
    expect(await putContact(world, 'alice', { ...bob, favorite: true })).toEqual({ ...bob, favorite: true });
    expect((await listContacts(world, 'bob', undefined)).contacts).toEqual([]);
  });

  it('are 10,000 at most (IM-CONTACT-1)', async () => {
    for (let index = 0; index < LIMITS.contacts; index += 1)
      await putContact(world, 'alice', { userId: idOf(index) });
    const more = putContact(world, 'alice', { userId: 'bob' });
    await expect(more).rejects.toMatchObject({ code: 'limit_reached' });
    await putContact(world, 'alice', { userId: idOf(7), alias: 'Seven' });
  });
});
