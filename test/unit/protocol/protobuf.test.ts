import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { ACTIONS, type ServerFrame } from '../../../protocol/actions.ts';
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  ProtobufError,
} from '../../../protocol/protobuf.ts';
import { MESSAGES } from '../../../protocol/protobuf-fields.ts';
import { fieldNames } from '../../../scripts/frame-table-text.ts';
import { fieldsModule } from '../../../scripts/protobuf-fields.ts';
import { codePoint } from '../../setup/code-point.ts';

const PROTO = new URL('../../../protocol/im.proto', import.meta.url);
const { root } = protobuf.parse(readFileSync(PROTO, 'utf8'));

/** Not `*`, which is `"all"` of JSON in `mentions`. */
const text = fc.string({ unit: codePoint, maxLength: 20 }).filter((value) => value !== '*');
const number = fc.maxSafeNat();
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const bool = fc.boolean();
const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 });
const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 3 });
const nullable = <T>(item: fc.Arbitrary<T>) => fc.option(item, { nil: null });
type Shape = Readonly<Record<string, fc.Arbitrary<unknown>>>;
/** A record of these fields; those in `maybe` are optional. */
const shape = (always: Shape, maybe: Shape = {}) =>
  fc.record({ ...always, ...maybe }, { requiredKeys: Object.keys(always) });
const kind = (type: string, always: Shape, maybe?: Shape) =>
  shape({ type: fc.constant(type), ...always }, maybe);

const content = fc.oneof(
  kind('text', { text }),
  kind('custom', { data: fc.jsonValue() }, { fallback: text }),
  kind('recalled', { by: text, at: number }),
  kind('erased', {}),
  kind('system', { event: text, by: text }, { users: some(text), name: text }),
);
const reaction = shape({ name: text, count: number }, { users: some(text), mine: fc.constant(true) });
const message = shape(
  {
    conversationId: text,
    seq: number,
    messageId: text,
    clientMsgId: text,
    from: text,
    content,
    sentAt: number,
    rev: number,
  },
  {
    editedAt: number,
    replyTo: number,
    mentions: fc.oneof(some(text), fc.constant('all')),
    reactions: some(reaction),
    pinned: shape({ by: text, at: number }),
  },
);
const page = { messages: list(message), batch: nullable(text), more: bool };
const session = shape({ expiresAt: number });
const chat = shape(
  {
    conversationId: text,
    queue: text,
    state: text,
    customer: text,
    agent: nullable(shape({ userId: text }, { name: text })),
    openedAt: number,
  },
  { topic: text, position: number, assignedAt: number, closedAt: number, rating: number },
);
const agent = shape(
  {
    userId: text,
    status: text,
    queues: list(text),
    capacity: number,
    active: number,
    version: number,
  },
  { name: text },
);

const serverFrames = {
  welcome: shape({
    id,
    userId: text,
    deviceId: text,
    connectionId: text,
    serverTime: number,
    session,
    heartbeatIntervalMs: number,
    inbox: shape(page),
  }),
  inbox: shape({ id, ...page }),
  sent: shape({
    id,
    clientMsgId: id,
    conversationId: text,
    messageId: text,
    seq: number,
    sentAt: number,
    duplicate: bool,
  }),
  heartbeat: shape({ id, serverTime: number, session }),
  session: shape({ id, session }),
  ok: shape({ id }),
  presence: shape({ id, users: list(shape({ userId: text, online: bool, lastSeenAt: nullable(number) })) }),
  error: shape(
    { id: nullable(id), code: text, message: text, retryable: bool },
    { retryAfterMs: number, issues: some(shape({ path: text, message: text })) },
  ),
  messages: shape({ messages: list(message) }),
  read: shape({ conversationId: text, userId: text, seq: number }),
  changed: shape({
    conversationId: text,
    change: shape({ kind: text, by: text }, { name: text, on: bool }),
    message,
  }),
  message: shape({ id, message }),
  typing: shape({ conversationId: text, userId: text, typing: bool }),
  live: shape({ conversationId: text, from: text, liveId: id, index: number, content: nullable(content) }),
  'session.closed': shape({ code: text, reconnect: bool }),
  'desk.chat': shape({ id, chat }),
  'desk.agent': shape({ agent }, { id }),
  'desk.assigned': shape({ chat }, { head: number }),
  'desk.updated': shape({ chat }),
};

/** A message of the generated table, for any action, however new. */
function fromTable(message: string): fc.Arbitrary<object> {
  if (message === 'Content') return content as fc.Arbitrary<object>;
  const fields = MESSAGES[message] ?? [];
  const known: Shape = { string: text, bool, int64: number };
  const arbitraries = fields.map(([name, , type, presence]) => {
    const one = known[type] ?? fromTable(type);
    if (presence === 'list' || presence === 'list?')
      return [name, presence === 'list' ? list(one) : some(one)];
    return [name, presence === 'null' ? nullable(one) : one];
  });
  const optional = fields.filter(([, , , presence]) => presence === 'maybe' || presence === 'list?');
  const shapes: Shape = Object.fromEntries(arbitraries);
  return fc.record(shapes, {
    requiredKeys: fields.map(([name]) => name).filter((name) => !optional.some(([other]) => other === name)),
  });
}

const clientFrames = Object.fromEntries(
  (MESSAGES['ClientFrame'] ?? []).map(([action, , message]) => [action, fromTable(message)]),
);

// The compiler finds a server frame without an arbitrary; the tests find one that is missing in im.proto.
serverFrames satisfies Record<ServerFrame['type'], unknown>;

/** As JSON has it: no -0 and no undefined. */
const throughJson = (frame: object) => JSON.parse(JSON.stringify(frame));
/** Our bytes, read and written again by another implementation. */
const reencoded = (name: string, base64: string) => {
  const type = root.lookupType(`im.v1.${name}`);
  return Buffer.from(type.encode(type.decode(Buffer.from(base64, 'base64'))).finish()).toString('base64');
};

describe('Protobuf frames', () => {
  it('cover every frame of the protocol (IM-PB)', () => {
    const casesOf = (name: string) => MESSAGES[name]?.map(([each]) => each).sort();
    expect(casesOf('ServerFrame')).toEqual(Object.keys(serverFrames).sort());
    expect(casesOf('ClientFrame')).toEqual(Object.keys(ACTIONS).sort());
  });

  it.each(Object.entries(ACTIONS))('have every field of the action %s (IM-PB)', (action, { request }) => {
    const [, , message = ''] = MESSAGES['ClientFrame']?.find(([name]) => name === action) ?? [];
    const carried = MESSAGES[message]?.map(([name]) => name) ?? [];
    expect(carried).toEqual(expect.arrayContaining(fieldNames(request())));
  });

  it.each(Object.entries(serverFrames))('of type %s equal their JSON (IM-PB)', (type, fields) => {
    fc.assert(
      fc.property(fields, (value) => {
        const frame = throughJson({ type, ...value });
        const encoded = encodeServerFrame(frame);
        expect(decodeServerFrame(encoded)).toEqual(frame);
        expect(reencoded('ServerFrame', encoded)).toBe(encoded);
      }),
    );
  });

  it.each(Object.entries(clientFrames))('of action %s equal their JSON (IM-PB)', (action, fields) => {
    fc.assert(
      fc.property(fields, (value) => {
        const frame = throughJson({ action, ...value });
        const encoded = encodeClientFrame(frame);
        expect(decodeClientFrame(encoded)).toEqual(frame);
        expect(reencoded('ClientFrame', encoded)).toBe(encoded);
      }),
    );
  });

  it('match im.proto, from which the table is generated (IM-PB; else: npm run protobuf)', () => {
    const plain = (source: string) => source.replace(/[\s,]/g, '').replaceAll('"', "'");
    const table = readFileSync(new URL('../../../protocol/protobuf-fields.ts', import.meta.url), 'utf8');
    expect(plain(table)).toBe(plain(fieldsModule(readFileSync(PROTO, 'utf8'))));
  });

  it('of later versions are readable, and unknown fields are ignored (IM-PB)', () => {
    const later = protobuf
      .parse(`syntax = "proto3"; message ClientFrame { Beat heartbeat = 4; string x = 99; }
      message Beat { string id = 1; bytes y = 50; }`)
      .root.lookupType('ClientFrame');
    const frame = { heartbeat: { id: 'b1', y: Buffer.from('?') }, x: 'new' };
    const base64 = Buffer.from(later.encode(frame).finish()).toString('base64');
    expect(decodeClientFrame(base64)).toEqual({ action: 'heartbeat', id: 'b1' });
    expect(decodeClientFrame('')).toEqual({});
  });

  it('with data that is not JSON have no data, which their schema refuses (IM-PB)', () => {
    const type = root.lookupType('im.v1.ClientFrame');
    const frame = { sendMessage: { id: '1', content: { custom: { data: '{"x' } } } };
    const base64 = Buffer.from(type.encode(frame).finish()).toString('base64');
    expect(decodeClientFrame(base64)).toMatchObject({
      id: '1',
      content: { type: 'custom', data: undefined },
    });
  });

  it.each(['{"action":"hello","id":"1"}', 'CgM=', 'not base64', 'Cg'])(
    'cannot be parsed from %j (IM-PB)',
    (garbage) => {
      expect(() => decodeClientFrame(garbage)).toThrow(ProtobufError);
    },
  );

  it('parse from any bytes or throw an error (IM-PB)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(decodeClientFrame(Buffer.from(bytes).toString('base64'))).toBeTypeOf('object');
        } catch (error) {
          expect(error).toBeInstanceOf(ProtobufError);
        }
      }),
    );
  });
});
