/**
 * Two users chat in Protobuf (IM-PB) with only `protocol/im.proto`: no SDK, none of this project's code. protobufjs
 * does here at run time what an app does with the code that `protoc` or `buf` generates from that file.
 *
 *     npm start                       # in another terminal
 *     npm run example:protobuf        # or with other URLs: … -- ws://host/prod http://host/token
 */
import { once } from 'node:events';
import protobuf from 'protobufjs';
import WebSocket from 'ws';

const [wsUrl = 'ws://127.0.0.1:8787/prod', tokenUrl = 'http://127.0.0.1:8787/token'] = process.argv.slice(2);

const root = await protobuf.load(new URL('../../protocol/im.proto', import.meta.url).pathname);
const ClientFrame = root.lookupType('im.v1.ClientFrame');
const ServerFrame = root.lookupType('im.v1.ServerFrame');

// A text frame is the base64 of one message.
const encode = (frame: object) => Buffer.from(ClientFrame.encode(frame).finish()).toString('base64');
const decode = (text: string) =>
  ServerFrame.toObject(ServerFrame.decode(Buffer.from(text, 'base64')), { longs: Number, oneofs: true });

/** Opens a session, prints the frames it receives, and sends hello. */
async function join(userId: string): Promise<WebSocket> {
  const answer = await fetch(tokenUrl, { method: 'POST', body: JSON.stringify({ userId }) }).catch(noServer);
  const { token } = (await answer.json()) as { token: string };
  const url = new URL(wsUrl);
  url.searchParams.set('deviceId', 'protobuf-example');
  const socket = new WebSocket(url, ['im.v1.pb', `im.token.${token}`]);
  socket.on('message', (data) => console.log(`${userId} <-`, JSON.stringify(decode(String(data)))));
  await once(socket, 'open');
  socket.send(encode({ hello: { id: 'hello' } }));
  await once(socket, 'message');
  return socket;
}

function noServer(): never {
  console.error(`No server at ${tokenUrl}; start one with: npm start`);
  process.exit(1);
}

const [alice, bob] = [await join('alice'), await join('bob')];
const message = { to: 'bob', clientMsgId: `m${Date.now()}`, content: { text: { text: 'Hi from Protobuf' } } };
alice.send(encode({ sendMessage: { id: 'send', ...message } }));
await Promise.all([once(alice, 'message'), once(bob, 'message')]);
for (const socket of [alice, bob]) socket.close();
