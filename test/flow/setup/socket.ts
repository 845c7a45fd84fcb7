import { once } from 'node:events';
import WebSocket from 'ws';
import { decodeServerFrame, encodeClientFrame } from '../../../protocol/protobuf.ts';
import { PATIENCE_MS } from '../../setup/patience.ts';
import type { Json } from './json.ts';

export interface SocketOptions {
  readonly token: string;
  readonly deviceId: string;
  readonly mode: 'managed' | 'plain';
  /** Frames are Protobuf (IM-PB). */
  readonly protobuf: boolean;
  readonly replaces: string;
  readonly query: Readonly<Record<string, string>>;
  /** Sends the options unchanged, for upgrades that must be refused. */
  readonly protocols: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/** A plain `ws` client that waits for events, never for time. */
export interface TestSocket {
  readonly raw: WebSocket;
  /** Every JSON frame received so far. */
  readonly frames: readonly Json[];
  /** All messages pushed so far. */
  readonly messages: () => Json[];
  /** Sends a frame with a new id and returns the reply to it. */
  request(frame: Readonly<Record<string, unknown>>): Promise<Json>;
  /** Sends the text unchanged. */
  send(text: string): void;
  /** Resolves with the first matching frame, received already or later. */
  frame(fits: (frame: Json) => boolean): Promise<Json>;
  /** The message with this text, pushed or in a page of the inbox. */
  message(text: string): Promise<Json>;
  /** The next frame of the gateway's own (IM-FRAME-6). */
  gatewayFrame(): Promise<Json>;
  /** Resolves with the next text received. */
  nextText(): Promise<string>;
  readonly closed: Promise<{ code: number; reason: string }>;
  close(): Promise<void>;
}

/** Less than a test has, so that its failure shows the frames. */

/** A frame without `type`, which a client ignores before it repeats its own (IM-FRAME-6). */
export const IGNORED_GATEWAY_FRAME = Symbol('gateway frame');

/** The error of a refused upgrade. */
export class RefusedError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`The upgrade was refused with ${status}.`);
    this.status = status;
  }
}

export function upgradeUrl(
  wsUrl: string,
  { deviceId, mode, replaces, query }: Partial<SocketOptions>,
): string {
  const url = new URL(wsUrl);
  const parameters = { deviceId, mode, replaces, ...query };
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}

/** @throws {RefusedError} with the status of a refused upgrade */
export async function openSocket(wsUrl: string, options: Partial<SocketOptions>): Promise<TestSocket> {
  const protocols = options.protocols ?? [
    options.protobuf ? 'im.v1.pb' : 'im.v1',
    `im.token.${options.token}`,
  ];
  const raw = new WebSocket(upgradeUrl(wsUrl, options), [...protocols], { headers: options.headers ?? {} });
  const socket = listen(raw, options.protobuf);
  await new Promise<void>((resolve, reject) => {
    raw.once('open', resolve);
    raw.once('error', reject);
    raw.once('unexpected-response', (_, response) => {
      response.resume();
      reject(new RefusedError(response.statusCode ?? 0));
    });
  });
  return socket;
}

function listen(raw: WebSocket, protobuf = false): TestSocket {
  const frames: Json[] = [];
  const waiting = new Set<() => void>();
  let nextId = 0;
  raw.on('message', (data) => {
    const text = String(data);
    if (text.startsWith('{')) frames.push(JSON.parse(text));
    else if (protobuf && text !== 'heartbeat') frames.push(decodeServerFrame(text));
    for (const wake of waiting) wake();
  });
  raw.on('error', () => undefined);
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    raw.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });

  const frame = (fits: (frame: Json) => boolean) =>
    new Promise<Json>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`No such frame among ${JSON.stringify(frames)}`));
      }, PATIENCE_MS);
      const look = () => {
        const found = frames.find(fits);
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });

  return {
    raw,
    frames,
    messages: () => frames.flatMap((one) => (one.type === 'messages' ? one.messages : [])),
    async request(request) {
      nextId += 1;
      const id = `r${nextId}`;
      const message = { id, ...request };
      raw.send(protobuf ? encodeClientFrame(message) : JSON.stringify(message));
      return frame((one) => one.id === (request['id'] ?? id));
    },
    send: (text) => raw.send(text),
    frame,
    async message(text) {
      const fits = (one: Json) => one.content.text === text;
      return messagesIn(await frame((one) => messagesIn(one).some(fits))).find(fits);
    },
    async gatewayFrame() {
      const before = frames.length;
      return frame((one) => frames.indexOf(one) >= before && one.type === undefined);
    },
    async nextText() {
      const [data] = await once(raw, 'message');
      return String(data);
    },
    closed,
    async close() {
      raw.close();
      await closed;
    },
  };
}

function messagesIn(frame: Json): Json[] {
  return frame.messages ?? frame.inbox?.messages ?? [];
}
