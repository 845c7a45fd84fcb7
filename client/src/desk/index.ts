import { Client } from '../api/client.ts';
import type { ClientOptions } from '../api/client-options.ts';
import { Agent } from './agent.ts';
import { Desk } from './desk.ts';
import { SupportChats } from './support-chats.ts';

export type {
  AgentStatus,
  ChatState,
  DeskAgent,
  DeskChat,
  DeskMeBody,
  SupportQueue,
} from '../../../protocol/desk.ts';
export type { Agent, AgentEvents, Readiness } from './agent.ts';
export type { Desk, OpenOptions } from './desk.ts';
export type { DeskEvents } from './support-chats.ts';

/** A client with the customer-service desk. Make one with `createClient` of `@serverless-im/client/desk`. */
export class DeskClient extends Client {
  /** The desk for customers, and the chats that this client knows. */
  readonly desk: Desk;
  /** The desk for agents and supervisors. */
  readonly agent: Agent;

  /** @internal */
  constructor(options: ClientOptions) {
    super(options);
    const chats = new SupportChats(this.engine);
    this.desk = new Desk(this.engine.sessions, chats);
    this.agent = new Agent(this.engine, chats);
  }
}

/**
 * Creates a client with the desk. It does nothing until `connect`.
 *
 * @example
 * const im = createClient({ wsUrl, httpUrl, getToken });
 * await im.connect();
 * const chat = await im.desk.open({ topic: 'My parcel' });
 */
export function createClient(options: ClientOptions): DeskClient {
  return new DeskClient(options);
}
