import type { Message } from '../../../protocol/frames.ts';
import { directConversationId } from '../../../protocol/ids.ts';
import type { ConversationEvents, Gap } from '../model/events.ts';
import { type ChatMessage, receivedMessage } from '../model/message.ts';
import type { Target } from '../model/target.ts';
import { Emitter } from '../support/emitter.ts';
import type { Environment } from '../support/environment.ts';
import type { Identity } from '../transport/identity.ts';
import { TypingUsers } from './typing-users.ts';

export interface ConversationStatePorts {
  readonly identity: Pick<Identity, 'userId' | 'resolve'>;
  readonly environment: Pick<Environment, 'after' | 'nowMs'>;
  report(error: unknown): void;
}

/** One conversation's state besides its messages. */
export class ConversationState {
  readonly target: Target;
  readonly events: Emitter<ConversationEvents>;
  readonly typingUsers: TypingUsers;
  /** How far each other user has read, as far as this client knows. */
  readonly reads = new Map<string, number>();
  /** Changed messages by seq, each with the highest `rev` that this client has seen (IM-CHANGE). */
  readonly changed = new Map<number, Message>();
  /** The highest seq of a message that was shown, as far as this client knows; 0 for none. */
  lastSeq = 0;
  /** The open gaps. */
  gaps: readonly Gap[] = [];
  readonly #ports: ConversationStatePorts;

  constructor(target: Target, ports: ConversationStatePorts) {
    this.target = target;
    this.#ports = ports;
    this.events = new Emitter(ports.report);
    this.typingUsers = new TypingUsers(ports.environment, (event) => this.events.emit('typing', event));
  }

  /** This user. */
  get userId(): string | undefined {
    return this.#ports.identity.userId;
  }

  /** Undefined for a direct conversation until this user's id is known. */
  get id(): string | undefined {
    return this.userId === undefined && 'to' in this.target ? undefined : this.#idFor(this.userId ?? '');
  }

  /** The furthest that another user has read. */
  get readUpTo(): number {
    return Math.max(0, ...this.reads.values());
  }

  /** Keeps a changed message. Returns false if a copy as new is known. */
  learn(message: Message): boolean {
    const isNew = message.rev > (this.changed.get(message.seq)?.rev ?? 0);
    if (isNew) this.changed.set(message.seq, message);
    return isNew;
  }

  /** Returns the newest copy of the message that is known, whichever arrived first. Of two with one `rev` the given one. */
  newest(message: Message): Message {
    const known = this.changed.get(message.seq) ?? message;
    return known.rev > message.rev ? known : message;
  }

  /** Converts a message from the server for the program. */
  show(message: Message): ChatMessage {
    this.lastSeq = Math.max(this.lastSeq, message.seq);
    return receivedMessage(this.newest(message), this.userId, this.readUpTo);
  }

  /**
   * Resolves to the id. Asks the server for this user's id first: without it, this user's messages look like others'.
   */
  async resolve(): Promise<string> {
    return this.#idFor(await this.#ports.identity.resolve());
  }

  #idFor(userId: string): string {
    return 'to' in this.target ? directConversationId(userId, this.target.to) : this.target.conversationId;
  }
}
