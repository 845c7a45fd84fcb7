import type { DeskChat } from '@serverless-im/client/desk';
import { useConversations } from '@serverless-im/client/react';
import { previewOf } from '../messages/wording.ts';
import { Avatar } from '../ui/avatar.tsx';
import { briefly } from '../ui/times.ts';
import { useNow } from '../ui/use-now.ts';
import { useDeskIm } from './desk-client.ts';

export interface ChatRowProps {
  readonly chat: DeskChat;
  readonly isSelected: boolean;
  onSelect(): void;
}

export function ChatRow({ chat, isSelected, onSelect }: ChatRowProps) {
  const nowMs = useNow();
  const { conversationId, customer, topic, state, openedAt } = chat;
  const summary = useConversations(useDeskIm())?.find((one) => one.conversationId === conversationId);
  const unread = summary?.unread ?? 0;
  const last = summary?.lastMessage ?? null;
  return (
    <button
      type="button"
      className={unread > 0 ? 'row has-unread' : 'row'}
      aria-current={isSelected ? 'true' : undefined}
      onClick={onSelect}
    >
      <Avatar name={customer} />
      <span className="row-title">
        <bdi>{customer}</bdi>
      </span>
      <span className="row-time">{state === 'closed' ? 'ended' : briefly(openedAt, nowMs)}</span>
      <span className="row-preview">
        <span className="row-text" dir="auto">
          {last === null ? (topic ?? 'No messages yet') : previewOf(last, false)}
        </span>
      </span>
      {unread > 0 && (
        <span className="badge">
          {unread >= 100 ? '99+' : unread}
          <span className="visually-hidden"> unread</span>
        </span>
      )}
    </button>
  );
}
