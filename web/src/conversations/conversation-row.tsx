import type { ChatMessage, ConversationSummary } from '@serverless-im/client';
import { usePresence } from '@serverless-im/client/react';
import { memo, useState } from 'react';
import { RefusedSign, Ticks } from '../messages/ticks.tsx';
import { useLastMessage } from '../messages/use-last-message.ts';
import { isSaid, previewOf } from '../messages/wording.ts';
import { useIm } from '../session/client-context.ts';
import { Avatar, UserAvatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { useNameOf } from '../ui/names.ts';
import { Row } from '../ui/row.tsx';
import { briefly } from '../ui/times.ts';
import { useLongPress } from '../ui/use-long-press.ts';
import { useNow } from '../ui/use-now.ts';
import { ConversationMenu } from './conversation-menu.tsx';
import { conversationName } from './names.ts';
import { isMuted } from './settings.ts';

export interface ConversationRowProps {
  readonly conversation: ConversationSummary;
  readonly isSelected: boolean;
  onSelect(): void;
}

export const ConversationRow = memo(
  function ConversationRow({ conversation, isSelected, onSelect }: ConversationRowProps) {
    const { kind, peer, name, lastMessage, unread, unreadIsAtLeast, mentioned, settings } = conversation;
    const [isOpen, setIsOpen] = useState(false);
    const longPress = useLongPress(() => setIsOpen(true));
    const im = useIm();
    const nameOf = useNameOf();
    const title = peer === undefined ? conversationName(name, kind) : nameOf(peer);
    const { last, hasRefused } = useLastMessage(conversation.conversationId, lastMessage);
    return (
      <div className="row-place" {...longPress}>
        <Row
          avatar={peer === undefined ? <Avatar name={title} isGroup /> : <PresentAvatar userId={peer} />}
          title={title}
          time={last === null ? undefined : <When atMs={last.sentAt} />}
          mark={
            <>
              {hasRefused && <RefusedSign />}
              {last?.mine === true && isSaid(last.content) && <Ticks state={tickOf(last, kind)} />}
            </>
          }
          preview={last === null ? 'No messages yet' : previewOf(last, peer === undefined, nameOf)}
          isMuted={isMuted(settings, useNow())}
          isPinned={settings.pinned === true}
          {...{ unread, unreadIsAtLeast, mentioned, isSelected, onSelect }}
        />
        <IconButton
          icon="more"
          className="row-more"
          label={`Options: ${title}`}
          onClick={() => setIsOpen(true)}
        />
        {isOpen && (
          <ConversationMenu
            conversation={im.conversation(conversation.conversationId)}
            name={title}
            peer={peer}
            onClose={() => setIsOpen(false)}
          />
        )}
      </div>
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
      <UserAvatar userId={userId} isOnline={isOnline} />
      {isOnline === true && <span className="presence visually-hidden">online, </span>}
    </>
  );
}
