import type { DeskChat } from '@serverless-im/client/desk';
import { Avatar } from '../ui/avatar.tsx';
import { Row } from '../ui/row.tsx';
import { briefly } from '../ui/times.ts';
import { useNow } from '../ui/use-now.ts';

export interface OthersChatsProps {
  readonly chats: readonly DeskChat[];
  readonly selected: string | undefined;
  onSelect(conversationId: string): void;
}

/** What a supervisor may look into: who waits, and who is served by whom. */
export function OthersChats({ chats, selected, onSelect }: OthersChatsProps) {
  return (
    <section className="desk-others" aria-label="Chats of others">
      <h3>Chats of others</h3>
      {chats.length === 0 ? (
        <p className="desk-note">Nobody waits, and nobody else is being served.</p>
      ) : (
        <ul className="list-rows">
          {chats.map((chat) => (
            <li key={chat.conversationId}>
              <OthersChat
                chat={chat}
                isSelected={chat.conversationId === selected}
                onSelect={() => onSelect(chat.conversationId)}
              />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface OthersChatProps {
  readonly chat: DeskChat;
  readonly isSelected: boolean;
  onSelect(): void;
}

function OthersChat({ chat, isSelected, onSelect }: OthersChatProps) {
  const nowMs = useNow();
  return (
    <Row
      avatar={<Avatar name={chat.customer} />}
      title={chat.customer}
      time={briefly(chat.openedAt, nowMs)}
      preview={stateOf(chat)}
      {...{ isSelected, onSelect }}
    />
  );
}

export function stateOf({ state, agent, queue }: DeskChat): string {
  if (state === 'closed') return 'Ended';
  return agent === null ? `Waits in ${queue}` : `With ${agent.name ?? agent.userId}`;
}
