import type { ChatState, DeskChat } from '../../../protocol/desk.ts';
import type { Client } from '../api/client.ts';
import type { ChatMessage } from '../model/message.ts';
import { Emitter, type Off } from '../support/emitter.ts';

export interface DeskEvents {
  /** It has got an agent just now, or another one. */
  assigned: DeskChat;
  /** Anything of it is new. */
  changed: DeskChat;
  /** It went to somebody else while this agent was cut off. */
  gone: DeskChat;
}

/** What the conversation's own messages tell of the chat (IM-DESK): by these a push that was missed is made up for. */
const STATE_BY_EVENT: Readonly<Record<string, ChatState>> = {
  assigned: 'assigned',
  transferred: 'assigned',
  requeued: 'waiting',
  closed: 'closed',
};

/** The support chats that this client knows, as they are now. */
export class SupportChats {
  readonly events: Emitter<DeskEvents>;
  readonly #known = new Map<string, DeskChat>();
  #all: readonly DeskChat[] = [];

  constructor(im: Client) {
    this.events = new Emitter(im.engine.report);
    im.on('desk', ({ chat }) => this.learn(chat));
    im.on('message', (message) => this.#hear(message));
  }

  /** Those that are open first, each group by the time of opening. The same array until something changes. */
  get all(): readonly DeskChat[] {
    return this.#all;
  }

  get(conversationId: string): DeskChat | undefined {
    return this.#known.get(conversationId);
  }

  learn(chat: DeskChat): DeskChat {
    const before = this.#known.get(chat.conversationId);
    // Ended is ended, whatever order it is told in.
    if (before?.state === 'closed' && chat.state !== 'closed') return before;
    this.#known.set(chat.conversationId, chat);
    this.#all = [...this.#known.values()].sort(
      (a, b) => Number(a.state === 'closed') - Number(b.state === 'closed') || a.openedAt - b.openedAt,
    );
    this.events.emit('changed', chat);
    const isNews = before?.state !== 'assigned' || before.agent?.userId !== chat.agent?.userId;
    if (chat.state === 'assigned' && isNews) this.events.emit('assigned', chat);
    return chat;
  }

  /** It is no longer this user's. */
  forget(conversationId: string): void {
    const chat = this.#known.get(conversationId);
    if (chat === undefined) return;
    this.#known.delete(conversationId);
    this.#all = this.#all.filter((one) => one !== chat);
    this.events.emit('gone', chat);
  }

  on<Name extends keyof DeskEvents>(name: Name, listener: (event: DeskEvents[Name]) => void): Off {
    return this.events.on(name, listener);
  }

  #hear({ conversationId = '', content, sentAt }: ChatMessage): void {
    const chat = this.#known.get(conversationId);
    if (chat === undefined || content.type !== 'system') return;
    const state = STATE_BY_EVENT[content.event];
    const [userId] = content.users ?? [];
    // The push of the same change tells more, and comes with it, before or after.
    const isKnown = state === chat.state && (state !== 'assigned' || userId === chat.agent?.userId);
    if (state === undefined || isKnown) return;
    const { position: _, ...rest } = chat;
    if (state === 'assigned' && userId !== undefined)
      this.learn({ ...rest, state, agent: { userId }, assignedAt: sentAt });
    if (state === 'waiting') this.learn({ ...rest, state, agent: null });
    if (state === 'closed') this.learn({ ...rest, state, closedAt: sentAt });
  }
}
