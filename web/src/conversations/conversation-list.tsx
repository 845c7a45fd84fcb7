import type { ConversationSummary } from '@serverless-im/client';
import { useConnection, useConversations } from '@serverless-im/client/react';
import { useState } from 'react';
import { useIm } from '../session/client-context.ts';
import { type SignOut, SignOutButton } from '../session/sign-out.tsx';
import type { ConversationKey, Selection } from '../shell/selection.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Guarded } from '../ui/error-boundary.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { ConversationRow } from './conversation-row.tsx';
import { NewConversation } from './new-conversation.tsx';
import './conversations.css';

export interface ConversationListProps {
  /** The signed-in user. */
  readonly name: string;
  readonly selection: Selection;
  readonly signOut?: SignOut | undefined;
}

export function ConversationList({ name, selection, signOut }: ConversationListProps) {
  const im = useIm();
  const { current } = useConnection(im);
  const [isStarting, setIsStarting] = useState(false);
  const { selected, select } = selection;
  return (
    <nav className="list" aria-label={`Conversations of ${name}`}>
      <header className="list-header">
        <Avatar name={name} isOnline={current === 'connected'} />
        <h2 className="list-name">
          <bdi>{name}</bdi>
        </h2>
        <IconButton icon="compose" label="New conversation" onClick={() => setIsStarting(true)} />
        {signOut !== undefined && <SignOutButton signOut={signOut} />}
      </header>
      <Guarded title="The list of conversations could not be shown">
        <Rows selected={selected} onSelect={select} onStart={() => setIsStarting(true)} />
      </Guarded>
      {isStarting && (
        <NewConversation
          onClose={() => setIsStarting(false)}
          onStarted={(key) => {
            setIsStarting(false);
            select(key);
          }}
        />
      )}
    </nav>
  );
}

interface RowsProps {
  readonly selected: ConversationKey | undefined;
  onSelect(key: ConversationKey): void;
  onStart(): void;
}

function Rows({ selected, onSelect, onStart }: RowsProps) {
  const im = useIm();
  const conversations = useConversations(im);
  const isWaiting = useConnection(im).retryInMs !== undefined;
  if (conversations === undefined && isWaiting)
    return <p className="list-empty">Your conversations are shown once there is a connection.</p>;
  if (conversations === undefined) return <Skeleton />;
  if (conversations.length === 0) {
    return (
      <div className="list-empty">
        <p>No conversations yet.</p>
        <Button kind="primary" onClick={onStart}>
          Start one
        </Button>
      </div>
    );
  }
  return (
    <ul className="list-rows">
      {conversations.map((conversation) => (
        <li key={conversation.conversationId}>
          <ConversationRow
            conversation={conversation}
            isSelected={keyOf(conversation) === selected}
            onSelect={() => onSelect(keyOf(conversation))}
          />
        </li>
      ))}
    </ul>
  );
}

function keyOf({ peer, conversationId }: ConversationSummary): ConversationKey {
  return peer === undefined ? conversationId : `@${peer}`;
}

function Skeleton() {
  return (
    <div className="list-skeleton" role="status" aria-label="Loading conversations">
      {['a', 'b', 'c', 'd'].map((key) => (
        <span key={key} className="skeleton-row" />
      ))}
    </div>
  );
}
