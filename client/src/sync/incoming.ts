import type { RecalledContent } from '../../../protocol/content.ts';
import type { Message } from '../../../protocol/frames.ts';
import type { ConversationList } from '../conversations/conversation-list.ts';
import type { Places } from '../conversations/conversation-state.ts';
import type { ClientEvents, Gap } from '../model/events.ts';
import type { Emitter } from '../support/emitter.ts';
import type { ConversationPush } from '../transport/frames.ts';
import type { Identity } from '../transport/identity.ts';

export interface IncomingPorts {
  readonly identity: Pick<Identity, 'userId'>;
  readonly places: Places;
  readonly list: ConversationList;
  readonly events: Emitter<ClientEvents>;
}

/** What has come in and is in order: notes it where it belongs, and tells who listens. */
export class Incoming {
  readonly #ports: IncomingPorts;

  constructor(ports: IncomingPorts) {
    this.#ports = ports;
  }

  message(message: Message): void {
    const { places, list, events } = this.#ports;
    const { conversationId, from } = message;
    const [first, ...others] = places.at(conversationId);
    if (first === undefined) return;
    const seen = first.redacted(message);
    list.add(seen);
    const shown = first.show(seen);
    for (const place of [first, ...others]) {
      place.typists.hear(from, false);
      place.events.emit('message', shown);
    }
    events.emit('message', shown);
  }

  push(push: ConversationPush): void {
    const { conversationId, type } = push;
    if (type === 'recalled') this.recalled(conversationId, push.seq, push.by, push.at);
    else if (type === 'read') this.read(conversationId, push.userId, push.seq);
    else if (push.userId !== this.#ports.identity.userId)
      for (const place of this.#ports.places.at(conversationId)) place.typists.hear(push.userId, push.typing);
  }

  recalled(conversationId: string, seq: number, by: string, at: number): void {
    const content: RecalledContent = { type: 'recalled', by, at };
    this.#ports.list.recalled(conversationId, seq, content);
    for (const place of this.#ports.places.at(conversationId)) {
      if (place.recalled.has(seq)) continue;
      place.recalled.set(seq, content);
      place.events.emit('recalled', { seq, by, at });
    }
  }

  gap(conversationId: string, gap: Gap): void {
    for (const place of this.#ports.places.at(conversationId)) {
      const others = place.gaps.filter(({ from }) => from !== gap.from);
      place.gaps = gap.state === 'open' ? [...others, gap].sort((a, b) => a.from - b.from) : others;
      place.events.emit('gap', gap);
    }
  }

  /** Whether this user becomes a member by this message. */
  isJoining({ content }: Message): boolean {
    if (content.type !== 'system' || (content.event !== 'joined' && content.event !== 'created'))
      return false;
    return content.users?.includes(this.#ports.identity.userId ?? '') === true;
  }

  /** Cursors never go back, whatever order they are told in. */
  read(conversationId: string, userId: string, seq: number): void {
    const { identity, list, places } = this.#ports;
    const isOwn = userId === identity.userId;
    for (const place of places.at(conversationId)) {
      if (!isOwn && seq <= (place.reads.get(userId) ?? 0)) continue;
      if (!isOwn) place.reads.set(userId, seq);
      place.events.emit('read', { userId, seq });
    }
    if (isOwn) list.read(conversationId, seq);
    else list.touched(conversationId);
  }
}
