import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { readConversations } from '../../../lambdas/domain/messages/conversation-list.ts';
import { edit } from '../../../lambdas/domain/messages/edit.ts';
import {
  changedSettings,
  type StoredSettings,
  shownSettings,
} from '../../../lambdas/domain/model/settings.ts';
import { changeSettings } from '../../../lambdas/domain/people/settings.ts';
import { parseWith } from '../../../lambdas/shared/parse.ts';
import { type SettingsChange, settingsSchema } from '../../../protocol/people.ts';
import { by, createWorldOf, NOON, sayIn, type World } from '../../adapters/memory/world.ts';

const DM = 'dm:alice:bob';
const HOUR_MS = 3_600_000;
const notFound = expect.objectContaining({ code: 'not_found' });

let world: World;
beforeEach(async () => {
  world = await createWorldOf('alice', 'bob');
  await say('hi');
});

const say = (words: string, from = 'bob', target: Parameters<typeof sayIn>[2] = { conversationId: DM }) =>
  sayIn(world, words, target, from);
const change = async (wanted: SettingsChange, conversationId = DM, userId = 'alice') =>
  (await changeSettings(world, userId, conversationId, parseWith(settingsSchema, wanted))).settings;
const listed = async (conversationId = DM, range: { changedSinceMs?: number } = {}, userId = 'alice') => {
  const { conversations } = await readConversations(world, userId, { limit: 50, ...range });
  return conversations.find((one) => one.conversationId === conversationId);
};
const settings = async (conversationId = DM) => (await listed(conversationId))?.settings;

describe('the settings of a conversation', () => {
  it("are the member's own, each by itself, and missing as long as they are as at first (IM-SETTINGS-1)", async () => {
    expect(await listed()).not.toHaveProperty('settings');
    const until = NOON + HOUR_MS;
    expect(await change({ muted: until })).toEqual({ muted: until });
    expect(await change({ notify: 'mentions', pinned: true })).toEqual({
      muted: until,
      pinned: true,
      notify: 'mentions',
    });
    expect(await settings()).toEqual({ muted: until, pinned: true, notify: 'mentions' });
    expect((await listed(DM, {}, 'bob'))?.settings).toBeUndefined();
    expect(await change({ muted: true })).toMatchObject({ muted: true });
    const first = { muted: false, pinned: false, notify: 'all' } as const;
    expect(await change(first)).toEqual({});
    expect(await listed()).not.toHaveProperty('settings');
  });

  it('mute until a time, and a past time no longer (IM-SETTINGS-1)', async () => {
    await change({ muted: NOON + 1 });
    expect(await settings()).toEqual({ muted: NOON + 1 });
    world.advance(1);
    expect(await settings()).toBeUndefined();
    expect(await change({ muted: NOON })).toEqual({});
    // That very moment has passed, too: nothing of it is stored.
    expect(changedSettings(undefined, { muted: NOON }, undefined, NOON)).toEqual({ atMs: NOON, version: 1 });
  });

  it('are refused if they are unknown, or none is named (IM-SETTINGS-1)', () => {
    const isRefused = (body: object) => {
      try {
        parseWith(settingsSchema, body);
        return false;
      } catch {
        return true;
      }
    };
    const bad = [{}, { x: 1 }, { muted: -1 }, { muted: 1.5 }, { muted: '1' }, { muted: null }, { pinned: 1 }];
    expect([...bad, { notify: 'no' }, { archived: null }].filter((body) => !isRefused(body))).toEqual([]);
  });

  it('are only for members, and for a direct conversation with a message (IM-SETTINGS-1)', async () => {
    const id = (await createGroup(world, 'bob', { name: 'Rowers', members: [], openHistory: true }))
      .conversationId;
    await expect(change({ pinned: true }, id)).rejects.toEqual(notFound);
    await expect(change({ pinned: true }, 'dm:alice:zed')).rejects.toEqual(notFound);
    await expect(change({ pinned: true }, 'dm:bob:carol')).rejects.toEqual(notFound);
    await expect(change({ pinned: true }, 'nothing')).rejects.toMatchObject({ code: 'invalid_request' });
    expect((await readConversations(world, 'alice', { limit: 50 })).conversations).toHaveLength(1);
  });

  it('end with the membership, and start anew after rejoining (IM-SETTINGS-1)', async () => {
    const { conversationId: id } = await createGroup(world, 'bob', {
      name: 'Rowers',
      members: ['alice'],
      openHistory: false,
    });
    await change({ muted: true, pinned: true }, id);
    await removeMember(world, 'alice', id, 'alice');
    await expect(change({ pinned: true }, id)).rejects.toEqual(notFound);
    await addMembers(world, 'bob', id, ['alice']);
    expect(await listed(id)).not.toHaveProperty('settings');
    expect(await change({ notify: 'none' }, id)).toEqual({ notify: 'none' });
  });

  it('are not written again if they are in effect, nor by a read of more than the membership (IM-SETTINGS-1)', async () => {
    const write = vi.spyOn(world.conversationWriter, 'setSettings');
    const head = vi.spyOn(world.conversations, 'head');
    for (const _ of [1, 2]) await change({ pinned: true, muted: true });
    for (const _ of [1, 2]) await change({ muted: false });
    for (const _ of [1, 2]) await change({ pinned: false });
    await change({ notify: 'all' });
    expect(write).toHaveBeenCalledTimes(3);
    expect(head).not.toHaveBeenCalled();
  });

  it('of two devices at once both take effect (IM-SETTINGS-1)', async () => {
    const both = [{ muted: true }, { pinned: true }, { notify: 'none' }, { archived: true }] as const;
    await Promise.all(both.map((one) => change(one)));
    expect(await settings()).toEqual({ muted: true, archived: true, pinned: true, notify: 'none' });
  });

  it('are unavailable if other devices change them each time', async () => {
    const write = vi.spyOn(world.conversationWriter, 'setSettings').mockResolvedValue(false);
    await expect(change({ pinned: true })).rejects.toMatchObject({ code: 'unavailable' });
    // A user has ten devices.
    expect(write).toHaveBeenCalledTimes(10);
  });
});

describe('an archived conversation', () => {
  it("comes back with a message of anyone, the user's own included, and not with an edit (IM-SETTINGS-2)", async () => {
    for (const from of ['bob', 'alice']) {
      expect(await change({ archived: true })).toEqual({ archived: true });
      const { seq } = await say(`from ${from}`, from);
      expect(await settings()).toBeUndefined();
      expect(await change({ archived: true })).toEqual({ archived: true });
      const content = { type: 'text', text: 'changed' } as const;
      await edit(world, by(from), { conversationId: DM, seq, editId: 'e', content });
      expect(await settings()).toEqual({ archived: true });
    }
    expect(await change({ archived: false })).toEqual({});
  });

  it('does not come back with a seq that got no message (IM-SETTINGS-2)', async () => {
    await change({ archived: true });
    await world.conversations.nextSeq(DM, 'bob', 'never-stored');
    expect(await settings()).toEqual({ archived: true });
    expect(await change({ pinned: true })).toEqual({ archived: true, pinned: true });
    await say('now');
    expect(await settings()).toEqual({ pinned: true });
  });

  it('comes back with a message that had its seq before, and is stored after (IM-SETTINGS-2)', async () => {
    const allocated = await world.conversations.nextSeq(DM, 'bob', 'late');
    if (!('seq' in allocated) || allocated.seq === undefined) throw new Error('no seq');
    await change({ archived: true });
    const late = { conversationId: DM, from: 'bob', clientMsgId: 'late', seq: allocated.seq };
    const text = { contentJson: '{"type":"text","text":"late"}', contentHash: 'h' };
    await world.messages.putIfAbsent({ ...late, ...text, messageId: 'm', sentAt: NOON });
    expect(await settings()).toBeUndefined();
  });

  it('stays while it is muted, and comes back only with a message after that (IM-SETTINGS-2)', async () => {
    await change({ archived: true, muted: NOON + 10 });
    await say('quiet');
    expect(await settings()).toEqual({ archived: true, muted: NOON + 10 });
    world.advance(10);
    expect(await settings()).toEqual({ archived: true });
    await say('loud');
    expect(await settings()).toBeUndefined();
  });

  it('stays when the user ends or prolongs the mute, and changes something else (IM-SETTINGS-2)', async () => {
    await change({ archived: true, muted: true });
    await say('quiet');
    expect(await change({ muted: NOON + 10 })).toEqual({ archived: true, muted: NOON + 10 });
    await say('quiet, too');
    expect(await change({ muted: false })).toEqual({ archived: true });
    expect(await change({ pinned: true })).toEqual({ archived: true, pinned: true });
    await say('loud');
    expect(await settings()).toEqual({ pinned: true });
  });

  it('that has come back is not archived by a mute (IM-SETTINGS-2)', async () => {
    await change({ archived: true });
    await say('loud');
    world.advance(1);
    expect(await change({ muted: true })).toEqual({ muted: true });
    await say('quiet');
    expect(await settings()).toEqual({ muted: true });
  });

  it('is one exactly if no message that came unmuted is later, whatever was set (IM-SETTINGS-2)', () => {
    const step = fc.oneof(
      fc.constant('message' as const),
      fc.record({ archived: fc.boolean() }),
      fc.record({ muted: fc.oneof(fc.boolean(), fc.nat(30)) }),
      fc.constant({ pinned: true }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), step), { maxLength: 30 }), (steps) => {
        let stored: StoredSettings | undefined;
        let last: { seq: number; sentAt: number } | undefined;
        let now = 0;
        let [isArchived, mutedUntil] = [false, 0];
        for (const [pause, what] of steps) {
          now += pause + 1;
          if (what === 'message') {
            last = { seq: (last?.seq ?? 0) + 1, sentAt: now };
            if (now >= mutedUntil) isArchived = false;
          } else {
            stored = changedSettings(stored, what, last, now);
            if ('archived' in what) isArchived = what.archived;
            if ('muted' in what)
              mutedUntil = typeof what.muted === 'number' ? what.muted : what.muted ? 1e9 : 0;
          }
          const shown = stored === undefined ? {} : shownSettings(stored, last, now);
          expect([shown.archived === true, shown.muted !== undefined]).toEqual([
            isArchived,
            mutedUntil > now,
          ]);
        }
      }),
    );
  });
});

describe('the list of changed conversations', () => {
  it('has one whose settings changed, for the other devices of the user alone (IM-SETTINGS-3)', async () => {
    world.advance(HOUR_MS);
    const since = { changedSinceMs: NOON + HOUR_MS };
    expect(await listed(DM, since)).toBeUndefined();
    await change({ pinned: true });
    expect(await listed(DM, since)).toMatchObject({ settings: { pinned: true }, unread: 1 });
    expect(await listed(DM, since, 'bob')).toBeUndefined();
    world.advance(HOUR_MS);
    await change({ pinned: false });
    const found = await listed(DM, { changedSinceMs: NOON + 2 * HOUR_MS });
    expect(found).toBeDefined();
    expect(found).not.toHaveProperty('settings');
  });

  it('has it, too, if the clock of the second change is behind (IM-SETTINGS-3)', () => {
    const first = changedSettings(undefined, { pinned: true }, undefined, 1_000);
    expect(changedSettings(first, { pinned: false }, undefined, 500)).toEqual({ atMs: 1_000, version: 2 });
  });
});
