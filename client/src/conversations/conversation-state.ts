import type { RecalledContent } from '../../../protocol/content.ts';
import type { Message } from '../../../protocol/frames.ts';
import { directConversationId } from '../../../protocol/ids.ts';
import type { ConversationEvents, Gap } from '../model/events.ts';
import { type ChatMessage, receivedMessage } from '../model/message.ts';
import { Emitter } from '../support/emitter.ts';
import type { Environment } from '../support/environment.ts';
import type { Target } from '../transport/frames.ts';
import type { Identity } from '../transport/identity.ts';
import { Typists } from './typing-users.ts';

export interface PlacePorts {
  readonly identity: Identity;
  readonly environment: Pick<Environment, 'after'>;
  report(error: unknown): void;
}

/** What this client knows of one conversation besides its messages. */
export class Place {
  readonly target: Target;
  readonly events: Emitter<ConversationEvents>;
  readonly typists: Typists;
  /** How far the others have read, as far as was heard. */
  readonly reads = new Map<string, number>();
  /** What was taken back while this client listened: wins over the message, in whatever order they come. */
  readonly recalled = new Map<number, RecalledContent>();
  /** The open ones. */
  gaps: readonly Gap[] = [];
  readonly #ports: PlacePorts;

  constructor(target: Target, ports: PlacePorts) {
    this.target = target;
    this.#ports = ports;
    this.events = new Emitter(ports.report);
    this.typists = new Typists(ports.environment, (event) => this.events.emit('typing', event));
  }

  get userId(): string | undefined {
    return this.#ports.identity.userId;
  }

  /** Undefined for a direct conversation until it is known who this user is. */
  get id(): string | undefined {
    return this.userId === undefined && 'to' in this.target ? undefined : this.#idFor(this.userId ?? '');
  }

  /** The furthest that anybody else has read. */
  get readUpTo(): number {
    return Math.max(0, ...this.reads.values());
  }

  /** Without what was taken back meanwhile. */
  redacted(message: Message): Message {
    const content = message.content.type === 'recalled' ? undefined : this.recalled.get(message.seq);
    return content === undefined ? message : { ...message, content };
  }

  /** A message of the server's as a program may see it. */
  show(message: Message): ChatMessage {
    return receivedMessage(this.redacted(message), this.userId, this.readUpTo);
  }

  /** Asks the server who this user is, if that isn't known: without it nobody can say which messages are own ones. */
  async resolve(): Promise<string> {
    return this.#idFor(await this.#ports.identity.resolve());
  }

  #idFor(userId: string): string {
    return 'to' in this.target ? directConversationId(userId, this.target.to) : this.target.conversationId;
  }
}

/**
 * A place for each conversation that was opened or heard of. Two if it was asked for by its user and by its id before it
 * was known who this user is: whatever happens there happens in both.
 */
export class Places {
  readonly #ports: PlacePorts;
  readonly #all: Place[] = [];
  readonly #byId = new Map<string, readonly Place[]>();

  constructor(ports: PlacePorts) {
    this.#ports = ports;
  }

  open(target: Target): Place {
    const made = new Place(target, this.#ports);
    const known = this.#all.find((place) => isSame(place, made));
    if (known !== undefined) return known;
    this.#all.push(made);
    if (made.id === undefined) this.#byId.clear();
    return made;
  }

  /** At least one. */
  at(conversationId: string): readonly Place[] {
    const known = this.#byId.get(conversationId);
    if (known !== undefined) return known;
    this.open({ conversationId });
    const places = this.#all.filter(({ id }) => id === conversationId);
    if (this.#all.every(({ id }) => id !== undefined)) this.#byId.set(conversationId, places);
    return places;
  }

  /** This place, and the other one of its conversation if there is one. */
  like(place: Place): readonly Place[] {
    return place.id === undefined ? [place] : this.at(place.id);
  }

  forgetTypists(): void {
    for (const place of this.#all) place.typists.clear();
  }
}

/** A direct conversation may be asked for by its user and by its id. */
function isSame(a: Place, b: Place): boolean {
  if (a.id !== undefined || b.id !== undefined) return a.id === b.id;
  return 'to' in a.target && 'to' in b.target && a.target.to === b.target.to;
}
