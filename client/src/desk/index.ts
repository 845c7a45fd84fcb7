import { Client } from '../api/client.ts';
import type { ClientOptions } from '../api/client-options.ts';
import { Agent } from './agent.ts';
import { Desk } from './desk.ts';
import { SupportChats } from './support-chats.ts';

export type { AgentStatus, ChatState, DeskAgent, DeskChat, SupportQueue } from '../../../protocol/desk.ts';
export type { Agent, Readiness } from './agent.ts';
export type { Desk, OpenOptions } from './desk.ts';
export type { DeskEvents } from './support-chats.ts';

/** A client with the customer-service desk: `im.desk` for customers, `im.agent` for agents. */
export class DeskClient extends Client {
  readonly desk: Desk;
  readonly agent: Agent;

  /** @internal */
  constructor(options: ClientOptions) {
    super(options);
    const chats = new SupportChats(this.engine);
    this.desk = new Desk(this.engine.sessions, chats);
    this.agent = new Agent(this.engine, chats);
  }
}

/** Makes a client with the desk. It does nothing until `connect`. */
export function createClient(options: ClientOptions): DeskClient {
  return new DeskClient(options);
}
