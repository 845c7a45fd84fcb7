import { describe, expect, it } from 'vitest';
import {
  memberCountOf,
  resolveConversation,
  type Target,
} from '../../../lambdas/domain/model/conversation.ts';
import { deskEventSchema } from '../../../lambdas/domain/model/desk-event.ts';
import { fanOutJobSchema } from '../../../lambdas/domain/model/fan-out-job.ts';
import { offlineJobSchema } from '../../../lambdas/domain/model/offline-job.ts';
import { parseRoles } from '../../../lambdas/domain/model/roles.ts';
import { isConnecting } from '../../../lambdas/domain/model/session.ts';
import { InvalidRequestError } from '../../../lambdas/shared/errors.ts';
import { parseWith } from '../../../lambdas/shared/parse.ts';
import { aSession, NOON } from '../../adapters/memory/world.ts';

const reference = {
  conversationId: 'dm:alice:bob',
  from: 'alice',
  clientMsgId: 'c1',
  seq: 1,
  messageId: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  sentAt: NOON,
  bytes: 9,
};

describe('a conversation that a request names', () => {
  it.each<readonly [string, Target]>([
    ['to', { to: 'alice' }],
    ['conversationId', {}],
    ['conversationId', { conversationId: 'x' }],
  ])('is refused with the path %s: %j', (path, target) => {
    expect(() => resolveConversation('alice', target)).toThrow(
      expect.objectContaining({ issues: [{ path, message: expect.any(String) }] }),
    );
  });

  it('has the member count of its group, 2 for a support chat, and 0 otherwise', () => {
    const head = { seq: 1, atMs: NOON };
    const group = { name: 'Rowers', admins: [], memberCount: 7, openHistory: false };
    const chat = {
      conversationId: 'cs:1',
      queue: 'default',
      state: 'waiting',
      customer: 'bob',
      openedAtMs: NOON,
    } as const;
    expect([{ ...head, group }, { ...head, chat }, head].map(memberCountOf)).toEqual([7, 2, 0]);
  });
});

describe('a job of the offline queue', () => {
  const connection = { userId: 'bob', deviceId: 'phone', connectionId: 'c=' };
  it.each([
    { kind: 'store', userId: 'bob', reference, round: 1 },
    { kind: 'keep', userId: 'bob', reference, round: 1 },
    { kind: 'post', ...connection, reference, round: 1 },
    { kind: 'drain', ...connection, round: 1 },
  ])('is parsed unchanged: $kind', (job) => {
    expect(parseWith(offlineJobSchema, job)).toEqual(job);
    for (const field of Object.keys(job)) {
      expect(() => parseWith(offlineJobSchema, { ...job, [field]: undefined })).toThrow(InvalidRequestError);
    }
  });
});

describe('a job of the fan-out queue', () => {
  it('is parsed unchanged, by reference or by frame', () => {
    const common = { conversationId: 'g:1', memberCount: 3, users: ['bob'], exceptConnectionId: 'c=' };
    for (const what of [{ reference }, { frame: '{}' }]) {
      expect(parseWith(fanOutJobSchema, { ...common, what })).toEqual({ ...common, what });
      const { users: _, exceptConnectionId: __, ...least } = common;
      expect(parseWith(fanOutJobSchema, { ...least, what })).toEqual({ ...least, what });
      expect(() => parseWith(fanOutJobSchema, { what })).toThrow(InvalidRequestError);
    }
    expect(() => parseWith(fanOutJobSchema, { ...common, what: {} })).toThrow(InvalidRequestError);
  });
});

describe('a desk event', () => {
  it('is a watchdog job only with that kind', () => {
    const event = { kind: 'match', queue: 'default', moved: false };
    expect(parseWith(deskEventSchema, event)).toEqual({ ...event, watchdog: false });
  });

  it('is refused if its kind is unknown', () => {
    expect(() => parseWith(deskEventSchema, { kind: '', userId: 'ann', sinceMs: 1 })).toThrow(
      InvalidRequestError,
    );
  });
});

describe('roles', () => {
  it('are not read from a list that was flattened to text, since it hides which words belong together (IM-ROLE)', () => {
    expect(parseRoles('[agent supervisor]')).toEqual([]);
  });
});

describe('a connection', () => {
  it('counts as opening for as long as authorizer and `$connect` may take (IM-FAULT-7)', () => {
    const session = aSession({ connectedAtMs: NOON });
    expect([14_999, 15_000].map((ms) => isConnecting(session, NOON + ms))).toEqual([true, false]);
  });
});
