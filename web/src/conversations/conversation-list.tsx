import type { ConversationSummary } from '@serverless-im/client';
import { useConnection, useConversations } from '@serverless-im/client/react';
import { useMemo, useState } from 'react';
import { OwnAvatar } from '../people/own-avatar.tsx';
import { PeopleDialog } from '../people/people-dialog.tsx';
import { useIm } from '../session/client-context.ts';
import { type SignOut, SignOutButton } from '../session/sign-out.tsx';
import type { ConversationKey, Selection } from '../shell/selection.ts';
import { Button } from '../ui/button.tsx';
import { Guarded } from '../ui/error-boundary.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { useNameOf } from '../ui/names.ts';
import { ConversationRow } from './conversation-row.tsx';
import { NewConversation } from './new-conversation.tsx';
import './conversations.css';

export interface ConversationListProps {
  /** The signed-in user's id; until that is known, what the sign-in says. */
  readonly userId: string;
  readonly selection: Selection;
  readonly signOut?: SignOut | undefined;
}

export function ConversationList({ userId, selection, signOut }: ConversationListProps) {
  const im = useIm();
  const { current } = useConnection(im);
  const [opened, open] = useState<'new' | 'people'>();
  const close = () => open(undefined);
  const name = useNameOf()(userId);
  const { selected, select } = selection;
  const show = (key: ConversationKey) => {
    close();
    select(key);
  };
  return (
    <nav className="list" aria-label={`Conversations of ${name}`}>
      <header className="list-header">
        <OwnAvatar userId={userId} isOnline={current === 'connected'} />
        <h2 className="list-name">
          <bdi>{name}</bdi>
        </h2>
        <IconButton icon="people" label="People" onClick={() => open('people')} />
        <IconButton icon="compose" label="New conversation" onClick={() => open('new')} />
        {signOut !== undefined && <SignOutButton signOut={signOut} />}
      </header>
      <Guarded title="The list of conversations could not be shown">
        <Rows selected={selected} onSelect={select} onStart={() => open('new')} />
      </Guarded>
      {opened === 'new' && <NewConversation onClose={close} onStarted={show} />}
      {opened === 'people' && <PeopleDialog onClose={close} onSelect={show} />}
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
  const { pinned, others, archived } = useMemo(() => sectionsOf(conversations ?? []), [conversations]);
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
  const items = (some: readonly ConversationSummary[]) =>
    some.map((conversation) => (
      <li key={conversation.conversationId}>
        <ConversationRow
          conversation={conversation}
          isSelected={keyOf(conversation) === selected}
          onSelect={() => onSelect(keyOf(conversation))}
        />
      </li>
    ));
  return (
    <div className="list-rows">
      <ul>{items([...pinned, ...others])}</ul>
      {archived.length > 0 && (
        <details className="list-archive">
          <summary>{`Archive (${archived.length})`}</summary>
          <ul>{items(archived)}</ul>
        </details>
      )}
    </div>
  );
}

interface Sections {
  readonly pinned: readonly ConversationSummary[];
  readonly others: readonly ConversationSummary[];
  readonly archived: readonly ConversationSummary[];
}

/** Each latest first. */
function sectionsOf(conversations: readonly ConversationSummary[]): Sections {
  const shown = conversations.filter(({ settings }) => !settings.archived);
  return {
    pinned: shown.filter(({ settings }) => settings.pinned),
    others: shown.filter(({ settings }) => !settings.pinned),
    archived: conversations.filter(({ settings }) => settings.archived),
  };
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
