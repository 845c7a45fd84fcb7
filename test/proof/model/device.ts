import type { LocalRuntime } from '../../../local/runtime.ts';
import type { Json } from '../../flow/setup/json.ts';
import { openSocket } from '../../flow/setup/socket.ts';

import type { Edited, Effect, Outcome, PinTried, Reacted, Saw, SeenMessage } from '../history.ts';
import type { Recorder } from '../recorder.ts';
import type { Account } from './account.ts';
import { recordHint } from './hints.ts';
import { type Answer, Line } from './line.ts';
import { effectOfCode, type FrameOptions, outcomeOfCode, requestOf, type SendIntent } from './send-intent.ts';
import { View } from './view.ts';

/** How much of its inbox a session reads once it is open. */
export type Greeting = 'none' | 'hello' | 'one page' | 'drain';

export interface ConnectOptions {
  readonly mode: 'managed' | 'plain';
  /** Names the connection that it replaces. */
  readonly replaces: boolean;
  readonly greeting: Greeting;
}

export interface DevicePorts {
  readonly recorder: Recorder;
  readonly runtime: Pick<LocalRuntime, 'wsUrl' | 'gateway'>;
  readonly account: Account;
  readonly token: () => Promise<string>;
  readonly skewMs: number;
}

const CALM: ConnectOptions = { mode: 'managed', replaces: false, greeting: 'drain' };
const SYNC_PAGE = 20;

/** A device with a minimal client: at most one session, and a record of every message it has seen. */
export class Device {
  readonly user: string;
  readonly name: string;
  readonly view = new View();
  readonly #ports: DevicePorts;
  readonly #lines = new Set<Line>();
  #line: Line | undefined;
  /** One attempt to connect at a time. */
  #dialing: Promise<unknown> = Promise.resolve();
  connects = 0;
  /** Messages from pushes and the inbox that it had already. */
  duplicates = 0;

  constructor(user: string, name: string, ports: DevicePorts) {
    this.user = user;
    this.name = name;
    this.#ports = ports;
  }

  /** Opens a session that replaces the current one; false if the upgrade failed. */
  connect(options: ConnectOptions): Promise<boolean> {
    const dialed = this.#dialing.then(() => this.#dial(options));
    this.#dialing = dialed.catch(() => undefined);
    return dialed;
  }

  /** The open line, or a new one; `undefined` if the upgrade failed. */
  async #open(): Promise<Line | undefined> {
    await this.#dialing;
    if (this.#line?.isOpen !== true) await this.connect({ ...CALM, greeting: 'hello' });
    return this.#line;
  }

  async send(intent: SendIntent, options: Omit<FrameOptions, 'skewMs'>): Promise<Outcome | undefined> {
    const line = await this.#open();
    if (line === undefined) return undefined;
    const { recorder, skewMs } = this.#ports;
    const { user, conversationId, clientMsgId, content } = intent;
    const { connection } = line;
    const id = recorder.begin({ user, via: 'socket', connection, conversationId, clientMsgId, content });
    const settle = (outcome: Outcome) => {
      this.#own(intent, outcome);
      intent.outcomes.push(outcome);
      return recorder.settle(id, outcome);
    };
    const request = { action: 'sendMessage', ...requestOf(intent, { ...options, skewMs }) };
    const answer = await line.request(request, (frame) => settle(outcomeOf({ is: 'reply', frame })));
    return settle(outcomeOf(answer));
  }

  /** Sends hello and reads as much of the inbox as the option says. */
  async greet(greeting: Greeting): Promise<void> {
    await this.#dialing;
    if (this.#line !== undefined) await this.#greet(this.#line, greeting);
  }

  async read(conversationId: string): Promise<void> {
    const line = await this.#open();
    const seq = this.view.lastSeq(conversationId);
    if (line === undefined || seq === undefined) return;
    const { recorder } = this.#ports;
    const begun = recorder.now;
    const answer = await line.request({ action: 'read', conversationId, seq });
    const done = answer.is === 'reply' && answer.frame.type === 'ok';
    recorder.add({ type: 'read', user: this.user, conversationId, seq, begun, done });
  }

  /** Any other request; `undefined` if there is no connection. */
  async ask(request: Readonly<Record<string, unknown>>): Promise<Answer | undefined> {
    const line = await this.#open();
    return line?.request(request);
  }

  async tell(frame: Readonly<Record<string, unknown>>): Promise<void> {
    (await this.#open())?.tell(frame);
  }

  async recall(conversationId: string, seq: number): Promise<void> {
    const line = await this.#open();
    if (line === undefined) return;
    const { recorder } = this.#ports;
    const begun = recorder.now;
    const event = { type: 'recall', user: this.user, conversationId, seq, begun } as const;
    const answer = await line.request({ action: 'recall', conversationId, seq }, (frame) =>
      recorder.add({ ...event, outcome: effectOf({ is: 'reply', frame }) }),
    );
    recorder.add({ ...event, outcome: effectOf(answer) });
  }

  /** @returns whether it was done */
  async edit(conversationId: string, seq: number, editId: string, content: object): Promise<Effect> {
    const event = { type: 'edit', user: this.user, conversationId, seq, editId, content } as const;
    return this.#change({ action: 'edit', conversationId, seq, editId, content }, event);
  }

  async react(conversationId: string, seq: number, name: string, on: boolean): Promise<Effect> {
    const event = { type: 'react', user: this.user, conversationId, seq, name, on } as const;
    return this.#change({ action: 'react', conversationId, seq, name, on }, event);
  }

  async pin(conversationId: string, seq: number, on: boolean): Promise<Effect> {
    const event = { type: 'pin', user: this.user, conversationId, seq, on } as const;
    return this.#change({ action: 'pin', conversationId, seq, on }, event);
  }

  async #change(
    request: Readonly<Record<string, unknown>>,
    event:
      | Omit<Edited, 'begun' | 'outcome'>
      | Omit<Reacted, 'begun' | 'outcome'>
      | Omit<PinTried, 'begun' | 'outcome'>,
  ): Promise<Effect> {
    const { recorder } = this.#ports;
    const begun = recorder.now;
    recorder.note(`${this.user}/${this.name}: ${JSON.stringify(request)}`);
    const answer = await this.ask(request);
    const outcome = answer === undefined ? 'unknown' : effectOf(answer);
    recorder.add({ ...event, begun, outcome });
    return outcome;
  }

  /** Closes the session properly. */
  async close(): Promise<void> {
    await this.#dialing;
    this.#leave('closed by its client');
  }

  /** Breaks the line without a close frame. Silently: without a `$disconnect`. */
  async cut(silent: boolean): Promise<void> {
    await this.#dialing;
    const line = this.#line;
    if (line === undefined) return;
    this.#end(line.connection, silent ? 'cut silently' : 'cut');
    this.#ports.runtime.gateway.cut(line.connection, { silent });
    this.#line = undefined;
  }

  /** The gateway still accepts posts for it, but nothing arrives. */
  async goDeaf(): Promise<void> {
    await this.#dialing;
    const line = this.#line;
    if (line === undefined) return;
    this.#end(line.connection, 'deaf');
    line.goDeaf();
  }

  /** No promise holds for what is connected now. */
  forsake(why: string): void {
    for (const { connection } of this.#lines) this.#end(connection, why);
  }

  /** Resolves when all pushes have arrived. */
  async flush(): Promise<void> {
    await Promise.all([...this.#lines].map((line) => line.flush()));
  }

  /** Reconnects, empties the inbox, compares the heads, and pages the difference (IM-HELLO-3). */
  async sync(): Promise<void> {
    const { recorder, account } = this.#ports;
    const { user, name: device } = this;
    if (!(await this.connect(CALM)))
      throw new Error(`${user}/${device} cannot connect although the faults have ended.`);
    const conversations = await account.list(100);
    if (conversations === undefined)
      throw new Error(`${user} cannot list conversations although the faults have ended.`);
    for (const { conversationId, head } of conversations) await this.#catchUp(conversationId, head);
    recorder.add({ type: 'synced', user, device, view: this.view.inOrder() });
  }

  hangUp(): void {
    for (const line of this.#lines) line.close();
  }

  async #catchUp(conversationId: string, head: number): Promise<void> {
    let after: number | undefined = this.view.endOfPrefix(conversationId);
    while (after !== undefined && after < head) {
      const page = await this.#ports.account.page(conversationId, { after, limit: SYNC_PAGE });
      if (page === undefined)
        throw new Error(`${this.user} cannot read history although the faults have ended.`);
      this.view.add(page.messages);
      after = page.hasMore ? page.messages.at(-1)?.seq : undefined;
    }
  }

  async #dial({ mode, replaces, greeting }: ConnectOptions): Promise<boolean> {
    const { recorder, runtime, token } = this.#ports;
    const { user, name: device } = this;
    const former = this.#line;
    // From here on its route may be replaced, whether or not the new session opens.
    if (former !== undefined) this.#end(former.connection, 'displaced');
    this.#line = undefined;
    const options = {
      token: await token(),
      deviceId: device,
      mode,
      ...(replaces && former !== undefined && { replaces: former.connection }),
    };
    this.connects += 1;
    const socket = await openSocket(runtime.wsUrl, options).catch((error: unknown) => {
      recorder.note(`${user}/${device} could not connect: ${error}`);
    });
    if (socket === undefined) {
      former?.close();
      return false;
    }
    const connection = this.#findConnection() ?? `unknown-${this.connects}`;
    recorder.add({ type: 'connected', user, device, connection, mode });
    const line: Line = new Line(connection, socket, {
      onPush: (frame) => this.#take(connection, frame),
      onClose: () => {
        this.#end(connection, 'closed');
        this.#lines.delete(line);
      },
    });
    this.#lines.add(line);
    this.#line = line;
    if (mode === 'managed') await this.#greet(line, greeting);
    return true;
  }

  /** The gateway's newest connection of this device. */
  #findConnection(): string | undefined {
    const { gateway } = this.#ports.runtime;
    const known = new Set([...this.#lines].map(({ connection }) => connection));
    return gateway
      .connections()
      .find(
        ({ connectionId, authorizer }) =>
          authorizer?.['userId'] === this.user &&
          authorizer['deviceId'] === this.name &&
          !known.has(connectionId),
      )?.connectionId;
  }

  async #greet(line: Line, greeting: Greeting): Promise<void> {
    if (greeting === 'none') return;
    const { recorder } = this.#ports;
    let begun = recorder.now;
    let answer = await line.request({ action: 'hello' });
    let page = this.#takePage(line, answer, begun);
    if (greeting === 'hello') return;
    for (let left = greeting === 'drain' ? 100 : 1; page?.batch && left > 0; left -= 1) {
      begun = recorder.now;
      answer = await line.request({ action: 'ackInbox', batch: page.batch });
      page = this.#takePage(line, answer, begun);
    }
    if (page !== undefined && page.batch === null) {
      this.#ports.recorder.add({ type: 'drained', connection: line.connection });
    }
  }

  #takePage({ connection }: Line, answer: Answer, begun: number): Json | undefined {
    if (answer.is === 'silence' || answer.frame.type === 'error') return undefined;
    const page = answer.frame.inbox ?? answer.frame;
    this.#see(page.messages, { channel: 'inbox', connection, begun });
    return page;
  }

  #take(connection: string, frame: Json): void {
    if (frame.type === 'messages') this.#see(frame.messages, { channel: 'push', connection });
    recordHint(this.#ports.recorder, { user: this.user, connection }, frame);
    if (frame.type === 'session.closed') this.#end(connection, `session.closed ${frame.code}`);
  }

  #see(messages: readonly SeenMessage[], how: Pick<Saw, 'channel' | 'connection' | 'begun'>): void {
    const { user, name: device } = this;
    if (messages.length === 0) return;
    this.#ports.recorder.add({ type: 'saw', user, device, ...how, messages });
    this.duplicates += this.view.add(messages);
  }

  /** The sending device gets its own message by the ack (IM-SEND-5). */
  #own({ conversationId }: SendIntent, outcome: Outcome): void {
    if (outcome.is !== 'acked') return;
    const { seq, messageId } = outcome;
    this.view.add([{ conversationId, seq, messageId }]);
  }

  #leave(why: string): void {
    const line = this.#line;
    if (line === undefined) return;
    this.#end(line.connection, why);
    this.#line = undefined;
    line.close();
  }

  #end(connection: string, why: string): void {
    this.#ports.recorder.add({ type: 'disconnected', connection, why });
  }
}

function effectOf(answer: Answer): Effect {
  if (answer.is === 'silence') return 'unknown';
  return answer.frame.type === 'error' ? effectOfCode(answer.frame.code) : 'done';
}

function outcomeOf(answer: Answer): Outcome {
  if (answer.is === 'silence') return { is: 'unknown', why: answer.why };
  const { type, code, messageId, seq, sentAt, duplicate } = answer.frame;
  if (type === 'error') return outcomeOfCode(code);
  return { is: 'acked', messageId, seq, sentAt, duplicate };
}
