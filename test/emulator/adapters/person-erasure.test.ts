import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredMessage } from '../../../lambdas/domain/model/message.ts';
import { createWorld, NOON } from '../../adapters/memory/world.ts';
import { newName, startTables } from './tables.ts';

type Tables = Awaited<ReturnType<typeof startTables>>;
type Ports = Pick<Tables, 'contacts' | 'inbox' | 'profiles' | 'person' | 'userEvents'> & {
  readonly reports: Omit<Tables['reports'], 'ofDay'>;
};

const world = createWorld();
const memory: Ports = { ...world, reports: world.reportWriter };
let tables: Tables;
beforeAll(async () => {
  tables = await startTables(() => NOON);
});
afterAll(() => tables?.stop());

const DAY_MS = 86_400_000;

describe.each([
  ['memory', (): Ports => memory],
  ['DynamoDB', (): Ports => tables],
])('on %s, the erasure of a person (IM-ERASE-4)', (_, ports) => {
  it('deletes the profile, contacts, and inbox of that user alone', async () => {
    const { contacts, inbox, profiles, person } = ports();
    const [a, b] = [newName('alice'), newName('bob')];
    for (const user of [a, b]) {
      await profiles.put(user, { name: 'N' });
      for (let n = 0; n < 30; n += 1) await contacts.put(user, { userId: `u${n}` }, 1_000);
      const reference = {
        conversationId: 'dm:a:b',
        from: 'a',
        clientMsgId: 'c',
        seq: 1,
        sentAt: NOON,
        bytes: 1,
      };
      for (let n = 0; n < 3; n += 1)
        await inbox.put([{ userId: user, reference: { ...reference, messageId: `${user}${n}` } }]);
    }
    await person.forgetProfile(a);
    await person.forgetProfile(a);
    expect([await person.forgetRows(a, 'contacts', 25), await person.forgetRows(a, 'contacts', 25)]).toEqual([
      25, 5,
    ]);
    expect(await person.forgetRows(a, 'contacts', 25)).toBe(0);
    expect(await person.forgetRows(a, 'inbox', 25)).toBe(3);
    await person.forgetCounts(a);
    await person.forgetAccount(a);
    expect(await profiles.profiles([a, b], false)).toMatchObject([{ userId: b }]);
    expect(await contacts.contacts(a, { limit: 100 })).toEqual([]);
    expect(await contacts.contacts(b, { limit: 100 })).toHaveLength(30);
    expect((await inbox.first(a, 10)).references).toEqual([]);
    expect((await inbox.first(b, 10)).references).toHaveLength(3);
  });

  it('finds and deletes the reports that the user made, and erases the user in those of others', async () => {
    const { reports } = ports();
    const [a, b] = [newName('alice'), newName('bob')];
    const message = (from: string, seq: number): StoredMessage => ({
      ...{ conversationId: `dm:${a}:${b}`, from, clientMsgId: `c${seq}`, seq, messageId: newName('m') },
      ...{ sentAt: NOON, contentJson: `{"text":"by ${from}","type":"text"}`, contentHash: 'h' },
    });
    for (const seq of [1, 2, 3])
      await reports.keep({
        reporter: a,
        message: message(b, seq),
        reason: `r${seq}`,
        atMs: NOON + seq * DAY_MS,
      });
    for (const reporter of [b, newName('carol')])
      await reports.keep({ reporter, message: message(a, 4), reason: 'about her', atMs: NOON });
    const first = await reports.madeBy(a, undefined, 2);
    expect(first.reports).toEqual(
      [1, 2].map((seq) => ({
        conversationId: `dm:${a}:${b}`,
        seq,
        reason: `r${seq}`,
        at: NOON + seq * DAY_MS,
      })),
    );
    expect(await reports.madeBy(a, first.next, 2)).toMatchObject({ reports: [{ seq: 3 }], next: undefined });
    const day = new Date(NOON).toISOString().slice(0, 10);
    const erase = async () => {
      let [after, erased]: [string | undefined, number] = [undefined, 0];
      do {
        const page = await reports.eraseAbout(a, day, after, 1);
        erased += page.erased;
        after = page.next;
      } while (after !== undefined);
      return erased;
    };
    expect([await erase(), await erase()]).toEqual([2, 0]);
    expect([await reports.forgetMadeBy(a, 12), await reports.forgetMadeBy(a, 12)]).toEqual([3, 0]);
    expect((await reports.madeBy(a, undefined, 10)).reports).toEqual([]);
    expect((await reports.madeBy(b, undefined, 10)).reports).toMatchObject([{ reason: 'about her' }]);
  });
});

describe('in the tables, the erasure of a person', () => {
  it('leaves a ban, and none of the reasons of former ones, nor what the user spent (IM-ERASE-2)', async () => {
    const { person, routes, accounts, userEvents, itemsAt } = tables;
    const a = newName('alice');
    await accounts.addDebt(a, 5_000, { nowMs: NOON });
    await accounts.meet(a, 3, { day: '2026-11-28', maximum: 10 });
    await routes.ban(a, { atMs: NOON, untilMs: NOON + 5 });
    await userEvents.put({ type: 'user.banned', userId: a, at: NOON, reason: 'secret' });
    await person.forgetAccount(a);
    expect(await person.forgetRows(a, 'events', 25)).toBe(1);
    expect(await accounts.account(a)).toEqual({ paidAtMs: 0, bannedUntilMs: NOON + 5 });
    expect(await itemsAt('Conversations', `event#${a}`)).toEqual([]);
  });

  it('leaves the ids in a report, and none of its message’s words', async () => {
    const { reports } = tables;
    const [a, b] = [newName('alice'), newName('bob')];
    const message = {
      ...{
        conversationId: `dm:${a}:${b}`,
        from: a,
        clientMsgId: 'c',
        seq: 1,
        messageId: newName('m'),
        sentAt: NOON,
      },
      ...{ contentJson: '{"text":"CANARY","type":"text"}', contentHash: 'h', replyTo: 1, rev: 1 },
    };
    const day = await reports.keep({ reporter: b, message, reason: 'his words', atMs: NOON });
    const own = { ...message, from: b, seq: 2 };
    await reports.keep({ reporter: a, message: own, reason: 'her words', atMs: NOON });
    expect(await reports.forgetMadeBy(a, 12)).toBe(1);
    expect((await reports.ofDay(day)).filter(({ reporter }) => reporter === a)).toEqual([]);
    await reports.eraseAbout(a, day, undefined, 1_000);
    const rows = (await reports.ofDay(day)).filter(({ from }) => from === a);
    expect(rows).toMatchObject([{ reason: 'his words', reporter: b }]);
    expect(JSON.parse(String(rows[0]?.['message']))).toEqual({
      ...{ conversationId: message.conversationId, seq: 1, messageId: message.messageId, clientMsgId: 'c' },
      ...{ from: a, content: { type: 'erased' }, sentAt: NOON, rev: 1 },
    });
  });
});
