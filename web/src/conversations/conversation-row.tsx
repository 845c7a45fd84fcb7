import type { ChatMessage, ConversationSummary } from '@serverless-im/client';
import { usePresence } from '@serverless-im/client/react';
import { memo } from 'react';
import { Ticks } from '../messages/ticks.tsx';
import { useLastUnsent } from '../messages/use-last-unsent.ts';
import { isSaid, previewOf } from '../messages/wording.ts';
import { useIm } from '../session/client-context.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Row } from '../ui/row.tsx';
import { briefly } from '../ui/times.ts';
import { useNow } from '../ui/use-now.ts';
import { conversationName } from './names.ts';

export interface ConversationRowProps {
  readonly conversation: ConversationSummary;
  readonly isSelected: boolean;
  onSelect(): void;
}

export const ConversationRow = memo(
  function ConversationRow({ conversation, isSelected, onSelect }: ConversationRowProps) {
    const { kind, peer, name, lastMessage, unread, unreadIsAtLeast, mentioned } = conversation;
    const title = peer ?? conversationName(name, kind);
    const last = useLastUnsent(conversation.conversationId) ?? lastMessage;
    return (
      <Row
        avatar={peer === undefined ? <Avatar name={title} isGroup /> : <PresentAvatar userId={peer} />}
        title={title}
        time={last === null ? undefined : <When atMs={last.sentAt} />}
        mark={last?.mine === true && isSaid(last.content) && <Ticks state={tickOf(last, kind)} />}
        preview={last === null ? 'No messages yet' : previewOf(last, peer === undefined)}
        {...{ unread, unreadIsAtLeast, mentioned, isSelected, onSelect }}
      />
    );
  },
  // `onSelect` is a new function each time, but does the same.
  (before, after) => before.conversation === after.conversation && before.isSelected === after.isSelected,
);

/** The list does not show the readers of a group's last message: that would cost a request for each group. */
function tickOf({ state }: ChatMessage, kind: ConversationSummary['kind']): ChatMessage['state'] {
  return kind !== 'direct' && state === 'read' ? 'sent' : state;
}

function When({ atMs }: { readonly atMs: number }) {
  return briefly(atMs, useNow());
}

function PresentAvatar({ userId }: { readonly userId: string }) {
  const isOnline = usePresence(useIm(), userId)?.online;
  return (
    <>
      <Avatar name={userId} isOnline={isOnline} />
      {isOnline === true && <span className="presence visually-hidden">online, </span>}
    </>
  );
}
