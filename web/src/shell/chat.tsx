import { useConnection } from '@serverless-im/client/react';
import { ConversationList } from '../conversations/conversation-list.tsx';
import { MessagePane } from '../messages/message-pane.tsx';
import { useIm } from '../session/client-context.ts';
import { Notice } from '../ui/notice.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { Ended } from './ended.tsx';
import type { Selection } from './selection.ts';
import './chat.css';

export interface ChatProps {
  /** Who is signed in, until the chat says so. */
  readonly name: string;
  readonly selection: Selection;
  readonly onSignOut?: () => void;
}

/** List and conversation beside each other where there is room, one at a time where there isn't. */
export function Chat({ name, selection, onSignOut }: ChatProps) {
  const im = useIm();
  const { current, error } = useConnection(im);
  const { selected, select } = selection;
  if (current === 'failed') return <Ended error={error} onSignOut={onSignOut} />;
  return (
    <div className="chat">
      <ConnectionBanner />
      <div className={selected === undefined ? 'chat-columns' : 'chat-columns is-open'}>
        <ConversationList name={im.userId ?? name} selection={selection} onSignOut={onSignOut} />
        <div className="chat-pane">
          {selected === undefined ? (
            <Notice title="No conversation is open" text="Choose one from the list, or begin a new one." />
          ) : (
            <MessagePane key={selected} conversationKey={selected} onClose={() => select(undefined)} />
          )}
        </div>
      </div>
    </div>
  );
}
