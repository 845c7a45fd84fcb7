/** Sizes and CPU of frames as JSON and as Protobuf, for docs/adr/0015-protobuf-by-table.md: `node scripts/protobuf-costs.ts`. */
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
} from '../protocol/protobuf.ts';

const ULID = '01K9ZQ6H3V8W2N5T7R4M1C0XYA';
const UUIDS = ['0b9f4c0e-6d0b-4a58-9b0e-0d4f1f6a7c11', '7c3e2a52-1f0d-4f0c-8b5e-5d7d3a9b2e90'] as const;
const conversationId = `dm:${UUIDS.join(':')}`;
const sentAt = 1_795_260_000_000;
const message = (text: string) => ({
  conversationId,
  seq: 1234,
  messageId: ULID,
  clientMsgId: ULID,
  from: UUIDS[0],
  content: { type: 'text', text },
  sentAt,
});
const TEXT = 'See you at the boat house at seven?';
const PAGE = Array.from({ length: 50 }, () => message(TEXT));

const client = { encode: encodeClientFrame, decode: decodeClientFrame };
const server = { encode: encodeServerFrame, decode: decodeServerFrame };
const FRAMES = [
  { name: 'heartbeat', codec: client, frame: { action: 'heartbeat', id: '17' } },
  {
    name: 'sendMessage, 35 letters',
    codec: client,
    frame: {
      action: 'sendMessage',
      id: '18',
      clientMsgId: ULID,
      to: UUIDS[1],
      content: { type: 'text', text: TEXT },
    },
  },
  {
    name: 'sent',
    codec: server,
    frame: {
      type: 'sent',
      id: '18',
      clientMsgId: ULID,
      conversationId,
      messageId: ULID,
      seq: 1234,
      sentAt,
      duplicate: false,
    },
  },
  {
    name: 'messages, one of 35 letters',
    codec: server,
    frame: { type: 'messages', messages: [message(TEXT)] },
  },
  {
    name: 'messages, one of 9,000 letters',
    codec: server,
    frame: { type: 'messages', messages: [message('x'.repeat(9_000))] },
  },
  {
    name: 'inbox, 50 of 35 letters',
    codec: server,
    frame: { type: 'inbox', id: '19', messages: PAGE, batch: null, more: false },
  },
];

/** Microseconds of CPU for each call, after warming up. */
function microseconds(run: () => unknown): number {
  for (let n = 0; n < 2_000; n += 1) run();
  const calls = 4_000;
  const before = process.cpuUsage();
  for (let n = 0; n < calls; n += 1) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

console.log('| frame | JSON bytes | base64 bytes | JSON write, read µs | Protobuf write, read µs |');
console.log('|---|---|---|---|---|');
for (const { name, codec, frame } of FRAMES) {
  const json = JSON.stringify(frame);
  const base64 = codec.encode(frame);
  const times = [
    () => JSON.stringify(frame),
    () => JSON.parse(json),
    () => codec.encode(frame),
    () => codec.decode(base64),
  ].map((run) => microseconds(run).toFixed(1));
  const [jsonWrite, jsonRead, write, read] = times;
  const sizes = `${Buffer.byteLength(json)} | ${base64.length}`;
  console.log(`| ${name} | ${sizes} | ${jsonWrite}, ${jsonRead} | ${write}, ${read} |`);
}
