import type { DeskChat } from '@serverless-im/client/desk';
import { useState } from 'react';
import { AskFirst } from '../ui/ask-first.tsx';
import { UserAvatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { useNameOf } from '../ui/names.ts';
import { useDeskIm } from './desk-client.ts';
import { stateOf } from './others-chats.tsx';
import { Stars } from './rating.tsx';
import { Transfer } from './transfer.tsx';
import { wordsOf } from './words.ts';

export interface ChatHeaderProps {
  readonly chat: DeskChat;
  /** A supervisor reads another agent's chat, without any controls. */
  readonly isOthers?: boolean;
  onBack(): void;
}

/** The chat's customer and topic, and the buttons that transfer or end it. */
export function ChatHeader({ chat, isOthers = false, onBack }: ChatHeaderProps) {
  const im = useDeskIm();
  const nameOf = useNameOf();
  const [isTransferring, setIsTransferring] = useState(false);
  const { conversationId, customer, topic, state, rating } = chat;
  const about = topic ?? 'No topic';
  return (
    <>
      <header className="pane-header">
        <IconButton icon="back" label="Back to the list" className="pane-back" onClick={onBack} />
        <UserAvatar userId={customer} />
        <div className="pane-title">
          <h2 dir="auto">{nameOf(customer)}</h2>
          <p className="desk-about" dir="auto">
            {isOthers && `${stateOf(chat, nameOf)} · `}
            {about}
          </p>
          {state === 'closed' && (
            <p className="desk-end">
              {endOf(rating)}
              {rating !== undefined && <Stars mark={rating} />}
            </p>
          )}
        </div>
        {state === 'assigned' && !isOthers && (
          <>
            <Button onClick={() => setIsTransferring(true)}>Transfer</Button>
            <AskFirst
              title="End this chat?"
              text={`${nameOf(customer)} can't write in it any more, and nobody can open it again.`}
              action="End chat"
              act={() => im.desk.close(conversationId)}
              wordsOf={wordsOf}
            >
              {(ask) => (
                <Button kind="danger" onClick={ask}>
                  End chat
                </Button>
              )}
            </AskFirst>
          </>
        )}
      </header>
      {isTransferring && <Transfer chat={chat} onClose={() => setIsTransferring(false)} />}
    </>
  );
}

function endOf(rating: number | undefined): string {
  return rating === undefined ? 'Ended' : `Ended · rated ${rating} of 5`;
}
