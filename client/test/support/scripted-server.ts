import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type WebSocket, WebSocketServer } from 'ws';
import type { InboxPage, Mentions, Message, UserPresence } from '../../../protocol/frames.ts';
import type { ConversationsBody } from '../../../protocol/http.ts';
import { CLIENT_ID, directConversationId } from '../../../protocol/ids.ts';
import { listed, SERVER_TIME } from './builders.ts';

export interface ClientFrame {
  readonly action: string;
  readonly id: string;
  readonly clientMsgId?: string;
  readonly to?: string;
  readonly conversationId?: string;
  readonly content?: Message['content'];
  readonly replyTo?: number;
  readonly mentions?: Mentions;
  readonly batch?: string;
  readonly seq?: number;
  readonly editId?: string;
  readonly token?: string;
  readonly typing?: boolean;
  readonly active?: boolean;
  readonly liveId?: string;
  readonly index?: number;
  readonly userIds?: readonly string[];
  readonly resend?: boolean;
}

/** Returns the answer, or undefined for none. */
type Script = (frame: ClientFrame, connection: ServerConnection) => object | undefined;

interface HttpAnswer {
  readonly status: number;
  readonly body?: unknown;
}

const EMPTY_PAGE: InboxPage = { messages: [], batch: null, more: false };

/** The server's side of one socket. */
export class ServerConnection {
  readonly frames: ClientFrame[] = [];
  readonly url: string;
  readonly protocols: string;
  readonly id: string;
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #waiting: { action: string; resolve(frame: ClientFrame): void }[] = [];
  readonly #taken = new Set<ClientFrame>();

  constructor(socket: WebSocket, request: IncomingMessage, id: string) {
    this.#socket = socket;
    this.url = request.url ?? '';
    this.protocols = request.headers['sec-websocket-protocol'] ?? '';
    this.id = id;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** The next frame of this action that no earlier call has returned. */
  next(action: string): Promise<ClientFrame> {
    const here = this.frames.find((frame) => frame.action === action && !this.#taken.has(frame));
    if (here !== undefined) {
      this.#taken.add(here);
      return Promise.resolve(here);
    }
    return new Promise((resolve) => this.#waiting.push({ action, resolve }));
  }

  received(frame: ClientFrame): void {
    this.frames.push(frame);
    const index = this.#waiting.findIndex(({ action }) => action === frame.action);
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (waiting === undefined) return;
    this.#taken.add(frame);
    waiting.resolve(frame);
  }

  send(frame: object | string): void {
    this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  push(...messages: Message[]): void {
    this.send({ type: 'messages', messages });
  }

  close(code = 1001): void {
    this.#socket.close(code);
  }

  /** Drops the socket without a close frame. */
  cut(): void {
    this.#socket.terminate();
  }
}

/**
 * An in-memory server for alice that follows the protocol unless a test scripts an answer. It stores sends, and pushes
 * only what the test pushes.
 */
export class ScriptedServer {
  readonly scripts = new Map<string, Script>();
  readonly connections: ServerConnection[] = [];
  readonly requests: string[] = [];
  /** The method, path, and body of each HTTP request. */
  readonly calls: (readonly [method: string, path: string, body: unknown])[] = [];
  readonly tokens: string[] = [];
  readonly history: Message[] = [];
  /** Heads above the last message in history. */
  readonly heads = new Map<string, number>();
  /** How far alice and bob have read, for the list of conversations. */
  reads = { readSeq: 0, peerReadSeq: 0 };
  /** Alice's settings of each conversation. */
  settings: object = {};
  /** What the list with `changedSince` names as removed. */
  removed: string[] = [];
  /** The answer to `GET /push`; null in a deployment without notifications. */
  push: object | null = null;
  /** The pages that `hello` and `ackInbox` return, in order. */
  inbox: InboxPage[] = [];
  /** Answers upgrades with this status instead. */
  refuseUpgradeWith: number | undefined;
  /** Leaves upgrades without an answer. */
  stallUpgrades = false;
  heartbeatIntervalMs = 480_000;
  sessionEndsInMs = 6_900_000;
  /** The user of every token. */
  userId = 'alice';
  /** Runs before an upgrade is answered. */
  beforeUpgrade: () => Promise<void> = async () => {};
  /** How much longer `renew` makes a session. */
  renewGainMs = 0;
  /** Status and body for HTTP requests whose path starts with the key. */
  readonly httpAnswers = new Map<
    string,
    HttpAnswer | ((url: URL, sent: unknown) => HttpAnswer | Promise<HttpAnswer>)
  >();
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'im.v1' });
  readonly #waiting: ((connection: ServerConnection) => void)[] = [];
  readonly #upgradesWaiting: (() => void)[] = [];
  readonly #refusalsWaiting: (() => void)[] = [];
  readonly #stalled: Duplex[] = [];
  #handedOut = 0;

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    await new Promise<void>((resolve) => server.#http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  private constructor() {
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get #expiresAt(): number {
    return SERVER_TIME + this.sessionEndsInMs;
  }

  get #port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** The next connection that no earlier call has returned. */
  nextConnection(): Promise<ServerConnection> {
    const here = this.connections[this.#handedOut];
    if (here !== undefined) {
      this.#handedOut += 1;
      return Promise.resolve(here);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves at the next upgrade request that is stalled. */
  nextStalledUpgrade(): Promise<void> {
    return new Promise((resolve) => this.#upgradesWaiting.push(resolve));
  }

  /** Resolves at the next upgrade request that is refused. */
  nextRefusal(): Promise<void> {
    return new Promise((resolve) => this.#refusalsWaiting.push(resolve));
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.cut();
    for (const socket of this.#stalled) socket.destroy();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** The protocol's answer to a frame. */
  answerTo(frame: ClientFrame, connection: ServerConnection): object {
    const { id } = frame;
    // As the service does: an id that it refuses would leave a client without an answer.
    if (!CLIENT_ID.test(id)) return { type: 'error', id: null, code: 'invalid_request', message: 'id' };
    switch (frame.action) {
      case 'hello':
        return { ...this.#welcome(connection), id, inbox: this.inbox[0] ?? EMPTY_PAGE };
      case 'ackInbox':
        this.inbox.shift();
        return { type: 'inbox', id, ...(this.inbox[0] ?? EMPTY_PAGE) };
      case 'sendMessage':
        return { type: 'sent', id, ...this.store(frame) };
      case 'heartbeat':
        return { type: 'heartbeat', id, serverTime: SERVER_TIME, session: { expiresAt: SERVER_TIME } };
      case 'renew':
        return { type: 'session', id, session: { expiresAt: this.#expiresAt + this.renewGainMs } };
      case 'read':
      case 'active':
        return { type: 'ok', id };
      case 'edit':
        return { type: 'message', id, message: this.#change(frame, frame.content) };
      case 'recall':
        return { type: 'message', id, message: this.#change(frame) };
      case 'presence':
        return { type: 'presence', id, users: (frame.userIds ?? ['alice', 'bob']).map(presenceOf) };
      default:
        return { type: 'error', id, code: 'unknown_action', message: 'unknown action', retryable: false };
    }
  }

  /** Stores a message from alice, or finds it (IM-SEND-2). */
  store(frame: ClientFrame): object {
    const { clientMsgId = '', content = { type: 'text', text: '' }, replyTo, mentions } = frame;
    const conversationId = frame.conversationId ?? directConversationId('alice', frame.to ?? '');
    const original = this.history.find(
      (message) => message.clientMsgId === clientMsgId && message.conversationId === conversationId,
    );
    const seq = original?.seq ?? this.head(conversationId) + 1;
    const stored = { conversationId, seq, messageId: `M${seq}`, clientMsgId, sentAt: SERVER_TIME };
    const refers = { ...(replyTo && { replyTo }), ...(mentions && { mentions }) };
    if (original === undefined) this.history.push({ ...stored, from: 'alice', content, ...refers, rev: 0 });
    return { ...stored, duplicate: original !== undefined };
  }

  /** Edits a message, or recalls it. */
  #change(frame: ClientFrame, edited?: Message['content']): Message {
    const { to = '', conversationId = directConversationId('alice', to), seq } = frame;
    const index = this.history.findIndex(
      (message) => message.seq === seq && message.conversationId === conversationId,
    );
    const content = edited ?? ({ type: 'recalled', by: 'alice', at: SERVER_TIME } as const);
    const message = this.history[index] as Message;
    const changed = { ...message, content, rev: message.rev + 1, ...(edited && { editedAt: SERVER_TIME }) };
    this.history[index] = changed;
    return changed;
  }

  head(conversationId: string): number {
    const stored = this.history.filter((message) => message.conversationId === conversationId);
    return Math.max(this.heads.get(conversationId) ?? 0, ...stored.map(({ seq }) => seq), 0);
  }

  #welcome(connection: ServerConnection): object {
    return {
      type: 'welcome',
      userId: this.userId,
      deviceId: 'device',
      connectionId: connection.id,
      serverTime: SERVER_TIME,
      session: { expiresAt: this.#expiresAt },
      heartbeatIntervalMs: this.heartbeatIntervalMs,
    };
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.stallUpgrades) {
      this.#stalled.push(socket);
      for (const resolve of this.#upgradesWaiting.splice(0)) resolve();
      return;
    }
    if (this.refuseUpgradeWith !== undefined) {
      for (const resolve of this.#refusalsWaiting.splice(0)) resolve();
      socket.end(`HTTP/1.1 ${this.refuseUpgradeWith} Refused\r\nconnection: close\r\n\r\n`);
      return;
    }
    void this.beforeUpgrade().then(() =>
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket, request)),
    );
  }

  #accept(socket: WebSocket, request: IncomingMessage): void {
    const connection = new ServerConnection(socket, request, `C${this.connections.length + 1}=`);
    socket.on('message', (data) => {
      const frame: ClientFrame = JSON.parse(String(data));
      if (frame.id !== undefined && !CLIENT_ID.test(frame.id))
        throw new Error(`the server refuses id ${frame.id}`);
      const script = this.scripts.get(frame.action);
      const reply = script === undefined ? this.answerTo(frame, connection) : script(frame, connection);
      // Typing and live text have no reply.
      if (reply !== undefined && frame.id !== undefined) connection.send(reply);
      connection.received(frame);
    });
    this.connections.push(connection);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    this.#handedOut += 1;
    waiting(connection);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await text(request);
    this.calls.push([request.method ?? '', request.url ?? '', sent === '' ? undefined : JSON.parse(sent)]);
    const url = new URL(request.url ?? '/', this.httpUrl);
    this.requests.push(`${url.pathname}${url.search}`);
    this.tokens.push(request.headers.authorization ?? '');
    const scripted = [...this.httpAnswers].find(([path]) =>
      decodeURIComponent(url.pathname).startsWith(path),
    );
    const answer = scripted?.[1] ?? this.#pushAnswer(url) ?? { status: 200, body: this.#bodyOf(url) };
    const { status, body } =
      typeof answer === 'function' ? await answer(url, JSON.parse(sent || 'null')) : answer;
    if (status === 204 || status === 202) return void response.writeHead(status).end();
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  #pushAnswer({ pathname }: URL): HttpAnswer | undefined {
    if (!pathname.endsWith('/push')) return undefined;
    if (this.push === null) return { status: 404, body: { message: 'Not Found' } };
    return pathname === '/push' ? { status: 200, body: this.push } : { status: 204 };
  }

  #bodyOf(url: URL): unknown {
    const [, first, id, what] = url.pathname.split('/');
    if (first === 'session')
      return { userId: this.userId, wsUrl: this.wsUrl, serverTime: SERVER_TIME, heartbeatIntervalMs: 1 };
    if (id !== undefined && what === 'changes')
      return { messages: this.history.filter(({ rev }) => rev > 0), cursor: null, serverTime: SERVER_TIME };
    return id === undefined
      ? this.#conversations(url.searchParams)
      : this.#page(decodeURIComponent(id), url.searchParams);
  }

  /** Pages through all conversations and drops unchanged ones, as the server does. */
  #conversations(query: URLSearchParams): ConversationsBody {
    const all = new Set([...this.history.map(({ conversationId }) => conversationId), ...this.heads.keys()]);
    const from = Number(query.get('cursor') ?? 0);
    const to = from + Number(query.get('limit') ?? 50);
    const changedSince = Number(query.get('changedSince') ?? 0);
    const conversations = [...all]
      .sort()
      .slice(from, to)
      .map((id) => ({
        ...listed(this.history, id, this.heads.get(id)),
        ...this.reads,
        settings: this.settings,
      }))
      .filter(({ lastMessage }) => (lastMessage?.sentAt ?? SERVER_TIME) >= changedSince);
    const isFirst = from === 0 && changedSince > 0;
    return {
      conversations,
      cursor: to < all.size ? String(to) : null,
      ...(isFirst && { removed: this.removed }),
    };
  }

  #page(conversationId: string, query: URLSearchParams): object {
    const limit = Number(query.get('limit') ?? 50);
    const after = Number(query.get('after') ?? 0);
    const before = Number(query.get('before') ?? Number.POSITIVE_INFINITY);
    const found = this.history
      .filter((message) => message.conversationId === conversationId)
      .filter(({ seq }) => seq > after && seq < before)
      .sort((a, b) => a.seq - b.seq);
    const messages = query.has('after') ? found.slice(0, limit) : found.slice(-limit);
    return { messages, head: this.head(conversationId), hasMore: messages.length < found.length };
  }
}

function presenceOf(userId: string): UserPresence {
  return { userId, online: userId === 'bob', lastSeenAt: null };
}
