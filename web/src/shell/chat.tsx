import { useConnection } from '@serverless-im/client/react';
import { ConversationList } from '../conversations/conversation-list.tsx';
import { MessagePane } from '../messages/message-pane.tsx';
import { usePeopleOf } from '../people/use-profiles.ts';
import { useIm } from '../session/client-context.ts';
import type { SignOut } from '../session/sign-out.tsx';
import { PeopleProvider } from '../ui/names.ts';
import { Notice } from '../ui/notice.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { Ended } from './ended.tsx';
import type { Selection } from './selection.ts';
import { useJoins } from './use-joins.ts';
import './chat.css';

export interface ChatProps {
  /** The user's name until the client knows its user id. */
  readonly name: string;
  readonly selection: Selection;
  readonly signOut?: SignOut | undefined;
}

/** List and conversation side by side where there is room, otherwise one at a time. */
export function Chat({ name, selection, signOut }: ChatProps) {
  const im = useIm();
  const { current, error } = useConnection(im);
  const { selected, select } = selection;
  const people = usePeopleOf(im);
  useJoins(im);
  if (current === 'failed')
    return <Ended error={error} onSignOut={signOut && (() => void signOut.leave())} />;
  return (
    <PeopleProvider value={people}>
      <div className="chat">
        <ConnectionBanner />
        <div className={selected === undefined ? 'chat-columns' : 'chat-columns is-open'}>
          <ConversationList userId={im.userId ?? name} selection={selection} signOut={signOut} />
          <div className="chat-pane">
            {selected === undefined ? (
              <Notice title="No conversation is open" text="Choose one from the list, or start a new one." />
            ) : (
              <MessagePane key={selected} conversationKey={selected} onClose={() => select(undefined)} />
            )}
          </div>
        </div>
      </div>
    </PeopleProvider>
  );
}
