import type { ConversationSummary } from '@serverless-im/client';
import { usePresence } from '@serverless-im/client/react';
import { memo } from 'react';
import { Ticks } from '../messages/ticks.tsx';
import { previewOf } from '../messages/wording.ts';
import { useIm } from '../session/client-context.ts';
import { Avatar } from '../ui/avatar.tsx';
import { briefly } from '../ui/times.ts';
import { useNow } from '../ui/use-now.ts';
import { groupName } from './names.ts';

export interface ConversationRowProps {
  readonly conversation: ConversationSummary;
  readonly isSelected: boolean;
  onSelect(): void;
}

export const ConversationRow = memo(
  function ConversationRow({ conversation, isSelected, onSelect }: ConversationRowProps) {
    const { peer, name, lastMessage, unread } = conversation;
    const title = peer ?? groupName(name);
    return (
      <button
        type="button"
        className={unread > 0 ? 'row has-unread' : 'row'}
        aria-current={isSelected ? 'true' : undefined}
        onClick={onSelect}
      >
        {peer === undefined ? <Avatar name={title} isGroup /> : <PresentAvatar userId={peer} />}
        <span className="row-title">
          <bdi>{title}</bdi>
        </span>
        {lastMessage !== null && <When atMs={lastMessage.sentAt} />}
        <span className="row-preview">
          {lastMessage?.mine === true && <Ticks message={lastMessage} />}
          <span className="row-text" dir="auto">
            {lastMessage === null ? 'No messages yet' : previewOf(lastMessage, peer === undefined)}
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
  },
  // The handler is new each time and does the same.
  (before, after) => before.conversation === after.conversation && before.isSelected === after.isSelected,
);

function When({ atMs }: { readonly atMs: number }) {
  return <span className="row-time">{briefly(atMs, useNow())}</span>;
}

function PresentAvatar({ userId }: { readonly userId: string }) {
  const isOnline = usePresence(useIm(), userId)?.online;
  return (
    <>
      <Avatar name={userId} isOnline={isOnline} />
      {isOnline === true && <span className="visually-hidden">online, </span>}
    </>
  );
}
