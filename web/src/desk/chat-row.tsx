import type { DeskChat } from '@serverless-im/client/desk';
import { useConversations } from '@serverless-im/client/react';
import { RefusedSign, Ticks } from '../messages/ticks.tsx';
import { useLastMessage } from '../messages/use-last-message.ts';
import { previewOf } from '../messages/wording.ts';
import { UserAvatar } from '../ui/avatar.tsx';
import { useNameOf } from '../ui/names.ts';
import { Row } from '../ui/row.tsx';
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
  const nameOf = useNameOf();
  const { conversationId, customer, topic, state, openedAt } = chat;
  const summary = useConversations(useDeskIm())?.find((one) => one.conversationId === conversationId);
  const { last, hasRefused } = useLastMessage(conversationId, summary?.lastMessage ?? null);
  return (
    <Row
      avatar={<UserAvatar userId={customer} />}
      title={nameOf(customer)}
      time={state === 'closed' ? 'ended' : briefly(openedAt, nowMs)}
      topic={topic}
      mark={
        <>
          {hasRefused && <RefusedSign />}
          {(last?.state === 'pending' || last?.state === 'failed') && <Ticks state={last.state} />}
        </>
      }
      preview={last === null ? 'No messages yet' : previewOf(last, false, nameOf)}
      unread={summary?.unread ?? 0}
      unreadIsAtLeast={summary?.unreadIsAtLeast ?? false}
      {...{ isSelected, onSelect }}
    />
  );
}
