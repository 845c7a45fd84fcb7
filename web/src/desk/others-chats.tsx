import type { DeskChat } from '@serverless-im/client/desk';
import { UserAvatar } from '../ui/avatar.tsx';
import { type NameOf, useNameOf } from '../ui/names.ts';
import { Row } from '../ui/row.tsx';
import { briefly } from '../ui/times.ts';
import { useNow } from '../ui/use-now.ts';

export interface OthersChatsProps {
  readonly chats: readonly DeskChat[];
  readonly selected: string | undefined;
  onSelect(conversationId: string): void;
}

/** For supervisors: all waiting chats, and other agents' chats. */
export function OthersChats({ chats, selected, onSelect }: OthersChatsProps) {
  return (
    <section className="desk-others" aria-label="Other chats">
      <h3>Other chats</h3>
      {chats.length === 0 ? (
        <p className="desk-note">There are no other chats.</p>
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
  const nameOf = useNameOf();
  return (
    <Row
      avatar={<UserAvatar userId={chat.customer} />}
      title={nameOf(chat.customer)}
      time={briefly(chat.openedAt, nowMs)}
      topic={chat.topic}
      preview={stateOf(chat, nameOf)}
      {...{ isSelected, onSelect }}
    />
  );
}

export function stateOf({ state, agent, queue }: DeskChat, nameOf: NameOf): string {
  if (state === 'closed') return 'Ended';
  return agent === null ? `Waiting in ${queue}` : `With ${nameOf(agent.userId)}`;
}
