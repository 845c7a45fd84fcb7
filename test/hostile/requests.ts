import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { encodeCursor } from '../../lambdas/shared/cursor.ts';
import { oddJson, oddText } from './frames.ts';

/** Requests that a hostile client may send to the HTTP API, as the function gets them: the gateway has decoded the path. */

const ULID = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

/** Positions of every list, of this user and of others, and what no list has. */
const position = fc.oneof(
  fc.constantFrom(
    'dm:alice:bob',
    'dm:bob:carol',
    'dm:zed:zoe',
    `g:${ULID}`,
    `cs:${ULID}`,
    'alice',
    'bob',
    ULID,
  ),
  fc.constantFrom(
    '',
    '0',
    '1',
    '-1',
    '1e9',
    '99',
    'NaN',
    '\ud800',
    '\0',
    '\uffff',
    'head',
    'u#bob',
    'm#bob',
    'q#default',
  ),
  oddText,
);

/** A cursor with the right checksum for this user, whatever it contains: the checksum is no secret. */
export function forgedCursor(userId: string): fc.Arbitrary<string> {
  const sealed = (json: string) => {
    const payload = Buffer.from(json).toString('base64url');
    const sum = createHash('sha256').update(`${userId}\n${payload}`).digest('base64url').slice(0, 22);
    return `${payload}.${sum}`;
  };
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.array(position, { maxLength: 3 }).map((items) => encodeCursor(userId, items)),
    },
    { weight: 1, arbitrary: oddJson.map(sealed) },
    { weight: 1, arbitrary: oddText },
  );
}

export interface HostileRequest {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
}

/** For one route, of this caller. */
export function hostileRequest(userId: string, validBodies: readonly object[]): fc.Arbitrary<HostileRequest> {
  const id = fc.oneof(
    fc.constantFrom('dm:alice:bob', 'dm:bob:carol', `g:${ULID}`, `cs:${ULID}`, 'dm:a:'),
    oddText,
  );
  const value = fc.oneof(fc.constantFrom('1', '100', '0', '-1', '999999999999999', '1e3'), oddText);
  const query = fc.record(
    {
      cursor: fc.oneof(forgedCursor(userId), oddText),
      limit: value,
      after: value,
      before: value,
      changedSince: value,
      deviceId: value,
      state: fc.oneof(fc.constantFrom('waiting', 'closed'), oddText),
      __proto__: value,
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    fc.constantFrom('{}', ...validBodies.map((valid) => JSON.stringify(valid))),
    fc
      .tuple(
        fc.constantFrom(...validBodies, {}),
        fc.constantFrom('batch', 'members', 'name', 'content', 'waitMs'),
        oddJson,
      )
      .map(([valid, field, json]) =>
        `${JSON.stringify({ ...valid, [field]: 0 }).slice(0, -1)},"${field}":${json}}`.replace('{,', '{'),
      ),
    oddJson,
    oddText,
  );
  const name = fc.oneof(fc.constantFrom('👍', '#r#', '__proto__', ' '), oddText);
  return fc.record({
    path: fc.record({ conversationId: id, id, userId: id, seq: value, name }),
    query,
    body,
  });
}
