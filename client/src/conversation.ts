import type { SentContent } from '../../protocol/content.ts';
import type { Sent } from '../../protocol/frames.ts';
import { directConversationId } from '../../protocol/ids.ts';
import type { Emitter, Off } from './emitter.ts';
import { ImError } from './errors.ts';
import type { HistoryRange, HttpApi } from './http-api.ts';
import type { Identity } from './identity.ts';
import { type ChatMessage, type OwnMessage, receivedMessage } from './message.ts';
import type { Outbox } from './outbox.ts';
import { type Destination, OutgoingMessage } from './outgoing-message.ts';

export interface ConversationEvents {
  /**
   * A message that wasn't here before: an own one at once when it is sent, others in order of seq, each once. Own ones
   * of other devices too. What `history` returns is not repeated here, but a message may be in both: `seq` tells.
   */
  message: ChatMessage;
  /** An own message changed its `state`. */
  state: ChatMessage;
}

export interface HistoryPage {
  /** Ascending by seq. */
  readonly messages: readonly ChatMessage[];
  /** More in the direction of paging. */
  readonly hasMore: boolean;
}

/** A direct conversation by the other user, before and after its id is known; or any conversation by its id. */
export type Target = { readonly to: string } | { readonly conversationId: string };

/** Where a conversation is, as far as is known. */
export class Address implements Destination {
  readonly target: Target;
  readonly #identity: Identity;

  constructor(target: Target, identity: Identity) {
    this.target = target;
    this.#identity = identity;
  }

  get userId(): string | undefined {
    return this.#identity.userId;
  }

  get id(): string | undefined {
    return this.userId === undefined && 'to' in this.target ? undefined : this.#idFor(this.userId ?? '');
  }

  /** Asks the server who this user is, if that is needed and not known. */
  async resolve(): Promise<string> {
    return this.#idFor(await this.#identity.resolve());
  }

  #idFor(userId: string): string {
    return 'to' in this.target ? directConversationId(userId, this.target.to) : this.target.conversationId;
  }
}

export interface ConversationPorts {
  readonly address: Address;
  readonly events: Emitter<ConversationEvents>;
  readonly http: Pick<HttpApi, 'history'>;
  readonly outbox: Pick<Outbox, 'add' | 'retry'>;
  newId(): string;
  wallClockMs(): number;
}

/** One conversation: send, hear, and look back. */
export class Conversation {
  readonly #ports: ConversationPorts;

  constructor(ports: ConversationPorts) {
    this.#ports = ports;
  }

  /** Undefined for a direct conversation until this client knows whose it is, which is once it has connected. */
  get id(): string | undefined {
    return this.#ports.address.id;
  }

  /**
   * Sends. Returns at once, before the message has gone anywhere, and never fails: see `acked` and `state` of the
   * message. Messages of a conversation arrive in the order of these calls (IM-SEND-4).
   */
  send(content: SentContent): OwnMessage {
    const { address, events, newId, wallClockMs, outbox } = this.#ports;
    const message = new OutgoingMessage(address, content, newId(), wallClockMs(), (changed) =>
      events.emit('state', changed),
    );
    events.emit('message', message);
    outbox.add(message);
    return message;
  }

  /**
   * Sends a failed message again, under the same `clientMsgId`: if an earlier attempt did reach the server, there is
   * still only one (IM-SEND-2). Resolves and rejects as `acked`.
   */
  async retry(clientMsgId: string): Promise<Sent> {
    const acked = this.#ports.outbox.retry(clientMsgId);
    if (acked !== undefined) return acked;
    throw new ImError('not_found', `no failed message ${clientMsgId}`, { retryable: false });
  }

  on<Name extends keyof ConversationEvents>(
    name: Name,
    listener: (event: ConversationEvents[Name]) => void,
  ): Off {
    return this.#ports.events.on(name, listener);
  }

  /** A page of the past: the latest, or what is before or after a seq. Works without a connection. */
  async history(range: HistoryRange = {}): Promise<HistoryPage> {
    const { address, http } = this.#ports;
    const { messages, hasMore } = await http.history(await address.resolve(), range);
    return { messages: messages.map((message) => receivedMessage(message, address.userId)), hasMore };
  }
}
