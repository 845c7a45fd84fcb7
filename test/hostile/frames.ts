import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { LIMITS } from '../../protocol/limits.ts';
import { encodeClientFrame } from '../../protocol/protobuf.ts';
import { MESSAGES } from '../../protocol/protobuf-fields.ts';
import { codePoint } from '../setup/code-point.ts';

/** Frames that a hostile client may send: valid ones with faults, and noise, up to the gateway's limit. */

const ULID = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const text = { type: 'text', text: 'hi' };

/** One valid frame of each action, and of a plain client. */
const VALID: readonly object[] = [
  { action: 'hello' },
  { action: 'ackInbox', batch: 'WyIwMUFSWjMiXQ.AAAAAAAAAAAAAAAAAAAAAA' },
  { action: 'sendMessage', clientMsgId: 'c1', to: 'bob', content: text },
  { action: 'sendMessage', clientMsgId: 'c2', to: 'bob', content: { type: 'custom', data: { a: [1] } } },
  { action: 'sendMessage', clientMsgId: 'c3', conversationId: `g:${ULID}`, content: text, resend: true },
  { action: 'heartbeat' },
  { action: 'renew', token: 'stale' },
  { action: 'read', to: 'bob', seq: 1 },
  { action: 'react', to: 'bob', seq: 1, name: '👍', on: true },
  { action: 'pin', to: 'bob', seq: 1, on: true },
  { action: 'recall', conversationId: 'dm:alice:bob', seq: 1 },
  { action: 'typing', to: 'bob', typing: true },
  { action: 'live', to: 'bob', liveId: 'c4', index: 1, content: text },
  { action: 'live', conversationId: 'dm:alice:bob', liveId: 'c4', index: 2, content: null },
  { action: 'presence', userIds: ['bob', 'carol'] },
  { action: 'presence', conversationId: `g:${ULID}` },
  { action: 'desk.open', queue: 'default', topic: 'oars' },
  { action: 'desk.close', conversationId: `cs:${ULID}`, rating: 4 },
  { action: 'desk.ready', queues: ['default'], capacity: 3 },
  { action: 'desk.away' },
  { action: 'desk.transfer', conversationId: `cs:${ULID}`, to: 'ann' },
  { fromUser: 'alice', toUser: 'bob', message: 'hi' },
].map((frame) => ({ id: '7', ...frame }));

/** JSON of this many levels. The engine's parser takes any; what recurses over the value may not. */
export const deepJson = (depth: number, [open, close]: readonly [string, string] = ['[', ']']) =>
  `${open.repeat(depth)}1${close.repeat(depth)}`;

const deep = fc
  .tuple(
    fc.constantFrom(31, 32, 33, 1_000, 5_000, 20_000, 60_000),
    fc.constantFrom(['[', ']'] as const, ['{"a":', '}'] as const, ['{"__proto__":', '}'] as const),
  )
  .map(([depth, brackets]) => deepJson(depth, brackets))
  .filter((json) => json.length < LIMITS.maxMessageBytes);

export const oddText = fc.oneof(
  fc.constantFrom('', '\0', '\ud800', 'a\udc00b', '__proto__', 'constructor', '..', 'dm::', 'dm:alice:alice'),
  fc.string({ unit: codePoint, maxLength: 40 }),
  fc.constantFrom(65, 8_193, 20_000, 100_000).map((length) => 'x'.repeat(length)),
  fc.constantFrom(5_000, 20_000).map((length) => '\0'.repeat(length)),
);
const oddNumber = fc.constantFrom('0', '-0', '-1', '0.5', '1e308', '1e999', '-1e999', '9007199254740993');
/** As JSON text, since not every hostile value survives a round through the engine. */
export const oddJson = fc.oneof(
  oddText.map((value) => JSON.stringify(value)),
  oddNumber,
  deep,
  fc.constantFrom('null', 'true', '{}', '[]', '{"__proto__":{"action":"hello"}}', '{"then":1}'),
  fc.constantFrom('7', '""', 'null', '{}').map((item) => `[${Array(20_000).fill(item).join(',')}]`),
  fc.jsonValue({ stringUnit: codePoint }).map((value) => JSON.stringify(value)),
);

const HOLE = '"a hole that the fault fills"';
const paths = (value: unknown): string[][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, child]) => [[key], ...paths(child).map((path) => [key, ...path])])
    : [];

function withHoleAt(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return JSON.parse(HOLE);
  const copy: unknown = Array.isArray(value) ? [...value] : { ...(value as object) };
  Object.assign(copy as object, { [key]: withHoleAt((value as Record<string, unknown>)[key], rest) });
  return copy;
}

const valid = fc.constantFrom(...VALID);
/** A valid frame with one field replaced, or added. */
const faulty = valid
  .chain((frame) => fc.tuple(fc.constant(frame), fc.constantFrom(...paths(frame), ['extra']), oddJson))
  .map(([frame, path, json]) => JSON.stringify(withHoleAt(frame, path)).replace(HOLE, () => json));
const without = valid
  .chain((frame) => fc.tuple(fc.constant(frame), fc.constantFrom(...Object.keys(frame))))
  .map(([frame, left]) =>
    JSON.stringify(Object.fromEntries(Object.entries(frame).filter(([key]) => key !== left))),
  );

const cut = (of: fc.Arbitrary<string>) =>
  fc
    .tuple(of, fc.nat(), fc.nat(3), fc.string({ unit: codePoint, maxLength: 3 }))
    .map(([whole, at, removed, added]) => {
      const start = at % (whole.length + 1);
      return whole.slice(0, start) + added + whole.slice(start + removed);
    });

const jsonText = fc.oneof(
  valid.map((frame) => JSON.stringify(frame)),
  faulty,
  faulty,
  without,
  cut(valid.map((frame) => JSON.stringify(frame))),
  oddJson,
  oddText,
);

/** Bytes of a message of the table whose fields may have the wrong wire type, any value, and any order. */
function messageBytes(message: string): fc.Arbitrary<Uint8Array> {
  const field = fc.constantFrom(...(MESSAGES[message] ?? []), ['unknown', 99, 'string', 'one'] as const);
  const written = field.chain(([name, number, type]): fc.Arbitrary<(writer: BinaryWriter) => unknown> => {
    const bytes = (value: Uint8Array) => (writer: BinaryWriter) =>
      writer.tag(number, WireType.LengthDelimited).bytes(value);
    const string = (value: string) => bytes(new TextEncoder().encode(value));
    if (type in MESSAGES)
      return fc.oneof({ weight: 5, arbitrary: messageBytes(type).map(bytes) }, wrong(number));
    const right =
      name === 'data'
        ? oddJson.map(string)
        : type === 'string'
          ? oddText.map(string)
          : fc
              .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
              .map((value) => (writer: BinaryWriter) => writer.tag(number, WireType.Varint).int64(value));
    return fc.oneof({ weight: 4, arbitrary: right }, wrong(number));
  });
  return fc.array(written, { maxLength: 6 }).map((writes) => {
    const writer = new BinaryWriter();
    for (const write of writes) write(writer);
    return writer.finish();
  });
}

const wrong = (number: number): fc.Arbitrary<(writer: BinaryWriter) => unknown> =>
  fc.oneof(
    fc
      .uint8Array({ maxLength: 9 })
      .map((raw) => (writer: BinaryWriter) => writer.tag(number, WireType.LengthDelimited).bytes(raw)),
    fc
      .bigInt({ min: 0n, max: 2n ** 64n - 1n })
      .map((value) => (writer: BinaryWriter) => writer.tag(number, WireType.Varint).uint64(value)),
    fc
      .constantFrom(WireType.Bit32, WireType.Bit64, WireType.EndGroup)
      .map((type) => (writer: BinaryWriter) => writer.tag(number, type).fixed32(7)),
    fc.constantFrom(1, 20_000).map((depth) => (writer: BinaryWriter) => {
      for (let level = 0; level < depth; level += 1) writer.tag(number, WireType.StartGroup);
    }),
  );

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const isAction = (frame: object) => 'action' in frame;
const validProtobuf = fc.constantFrom(...VALID.filter(isAction)).map((frame) => encodeClientFrame(frame));

/** A message to bob whose custom data is this text. */
export function customInProtobuf(data: string): string {
  const writer = new BinaryWriter();
  const begin = (number: number) => writer.tag(number, WireType.LengthDelimited);
  begin(3).fork();
  begin(1).string('7');
  begin(2).string('c1');
  begin(3).string('bob');
  begin(5).fork();
  begin(2).fork();
  begin(1).string(data);
  return base64(writer.join().join().join().finish());
}

const protobufText = fc.oneof(
  validProtobuf,
  messageBytes('ClientFrame').map(base64),
  messageBytes('ClientFrame').map(base64),
  oddJson.map(customInProtobuf),
  fc
    .tuple(validProtobuf, fc.uint8Array({ maxLength: 4 }), fc.nat(), fc.nat(3))
    .map(([whole, added, at, removed]) => {
      const bytes = Buffer.from(whole, 'base64');
      const start = at % (bytes.length + 1);
      return base64(Buffer.concat([bytes.subarray(0, start), added, bytes.subarray(start + removed)]));
    }),
  fc.uint8Array({ maxLength: 60 }).map(base64),
  jsonText,
);

const fits = (frame: string) => Buffer.byteLength(frame) <= LIMITS.maxMessageBytes;

export const hostileFrames = { json: jsonText.filter(fits), protobuf: protobufText.filter(fits) };
