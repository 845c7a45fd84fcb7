import type { DeskChat } from '@serverless-im/client/desk';
import { useConnection } from '@serverless-im/client/react';
import { useMemo, useState } from 'react';
import { MessagePane } from '../messages/message-pane.tsx';
import { OwnAvatar } from '../people/own-avatar.tsx';
import { usePeopleOf } from '../people/use-profiles.ts';
import { type SignOut, SignOutButton } from '../session/sign-out.tsx';
import { ConnectionBanner } from '../shell/connection-banner.tsx';
import { Ended } from '../shell/ended.tsx';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { type NameOf, PeopleProvider } from '../ui/names.ts';
import { Notice } from '../ui/notice.tsx';
import { ChatHeader } from './chat-header.tsx';
import { ChatRow } from './chat-row.tsx';
import { useDeskIm, useSupportChats } from './desk-client.ts';
import { OthersChats } from './others-chats.tsx';
import { Queues } from './queues.tsx';
import { ReadySwitch } from './ready-switch.tsx';
import { useEarlierChats } from './use-earlier-chats.ts';
import { useAgentState, useMe } from './use-me.ts';
import { useSupervision } from './use-supervision.ts';
import '../shell/chat.css';
import '../conversations/conversations.css';
import './desk.css';

const ROLES = { agent: 'Agent', supervisor: 'Supervisor' } as const;

export interface ConsoleProps {
  readonly name: string;
  readonly signOut: SignOut;
}

/** An agent's desk: readiness, own chats, the open chat; for a supervisor also the queues and all other chats. */
export function Console({ name, signOut }: ConsoleProps) {
  const im = useDeskIm();
  const { current, error } = useConnection(im);
  const mine = useOwnChats();
  const [selected, select] = useState<string>();
  const whyNoEarlier = useEarlierChats();
  const me = useMe();
  const agent = useAgentState();
  const own = [
    agent?.status,
    agent?.active,
    ...mine.map(({ conversationId, state }) => conversationId + state),
  ];
  const supervision = useSupervision(me?.roles.includes('supervisor') ?? false, own.join());
  // The list was requested some seconds ago: a chat in it may have been assigned to this agent since.
  const isMine = ({ conversationId }: DeskChat) =>
    mine.some((chat) => chat.conversationId === conversationId);
  const others = supervision?.chats.filter((chat) => !isMine(chat)) ?? [];
  const chats = [...mine, ...others];
  const people = usePeopleOf(im, useDeskNames(chats));
  const ownName = im.userId === undefined ? name : people.nameOf(im.userId);
  const open = chats.find(({ conversationId }) => conversationId === selected);
  const isOthers = open !== undefined && !mine.includes(open);
  if (current === 'failed') return <Ended error={error} onSignOut={() => void signOut.leave()} />;
  if (me === null) return <NoRole name={name} signOut={signOut} />;
  return (
    <PeopleProvider value={people}>
      <div className="chat">
        <ConnectionBanner />
        <div className={open === undefined ? 'chat-columns' : 'chat-columns is-open'}>
          <nav className="list" aria-label={`Chats of ${ownName}`}>
            <header className="list-header">
              <OwnAvatar userId={im.userId ?? name} isOnline={current === 'connected'} />
              <h2 className="list-name">
                <bdi>{ownName}</bdi>
                {me != null && (
                  <small className="desk-role">{me.roles.map((role) => ROLES[role]).join(', ')}</small>
                )}
              </h2>
              <SignOutButton signOut={signOut} />
            </header>
            {me != null && me.agent !== null && <ReadySwitch queues={me.queues} />}
            <div className="desk-lists">
              <FormError text={whyNoEarlier} />
              {mine.length === 0 ? (
                <p className="desk-empty">Chats assigned to you appear here.</p>
              ) : (
                <ul className="list-rows">
                  {mine.map((chat) => (
                    <li key={chat.conversationId}>
                      <ChatRow
                        chat={chat}
                        isSelected={chat === open}
                        onSelect={() => select(chat.conversationId)}
                      />
                    </li>
                  ))}
                </ul>
              )}
              {supervision !== undefined && (
                <>
                  <Queues queues={supervision.queues} />
                  <OthersChats chats={others} selected={selected} onSelect={select} />
                </>
              )}
            </div>
          </nav>
          <div className="chat-pane">
            {open === undefined ? (
              <Notice title="No chat is open" text="Choose one from the list." />
            ) : (
              <MessagePane
                key={open.conversationId}
                conversationKey={open.conversationId}
                title={people.nameOf(open.customer)}
                header={<ChatHeader chat={open} isOthers={isOthers} onBack={() => select(undefined)} />}
                isOver={open.state === 'closed'}
                isOthers={isOthers}
                onClose={() => select(undefined)}
              />
            )}
          </div>
        </div>
      </div>
    </PeopleProvider>
  );
}

/** Agents without a profile, by the names that the chats have. */
function useDeskNames(chats: readonly DeskChat[]): NameOf {
  const named = chats.flatMap(({ agent }) => (agent?.name === undefined ? [] : [[agent.userId, agent.name]]));
  const key = JSON.stringify(named);
  return useMemo(() => {
    const names = new Map<string, string>(JSON.parse(key));
    return (userId) => names.get(userId) ?? userId;
  }, [key]);
}

function NoRole({ name, signOut }: ConsoleProps) {
  return (
    <Notice title="You are not an agent" text={`${name} has neither the role “agent” nor “supervisor”.`}>
      <Button kind="primary" onClick={() => void signOut.leave()}>
        Sign out
      </Button>
    </Notice>
  );
}

/** The chats that this agent has, and those that ended with this agent. */
function useOwnChats(): readonly DeskChat[] {
  const { userId } = useDeskIm();
  const all = useSupportChats();
  return useMemo(() => all.filter(({ agent }) => agent?.userId === userId), [all, userId]);
}
