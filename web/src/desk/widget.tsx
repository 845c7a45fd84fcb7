import type { DeskChat } from '@serverless-im/client/desk';
import { useConnection, useConversations } from '@serverless-im/client/react';
import { type FormEvent, useState } from 'react';
import { MessagePane } from '../messages/message-pane.tsx';
import { useStrangersOf } from '../people/use-profiles.ts';
import { ConnectionBanner } from '../shell/connection-banner.tsx';
import { Ended } from '../shell/ended.tsx';
import { AskFirst } from '../ui/ask-first.tsx';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Mark } from '../ui/mark.tsx';
import { type NameOf, PeopleProvider, useNameOf } from '../ui/names.ts';
import { Notice } from '../ui/notice.tsx';
import { t } from '../ui/texts.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import { useDeskIm } from './desk-client.ts';
import { type Host, queueOption, useReport } from './launcher.ts';
import { Rating } from './rating.tsx';
import { useAgentNames } from './use-agent-names.ts';
import { useOwnChat } from './use-own-chat.ts';
import { wordsOf } from './words.ts';
import '../shell/chat.css';
import './desk.css';

export interface WidgetProps {
  readonly host: Host;
  readonly onSignOut?: (() => void) | undefined;
}

/** A customer's chat, from the first question to the rating. */
export function Widget({ host, onSignOut }: WidgetProps) {
  const im = useDeskIm();
  const { current, error } = useConnection(im);
  const { chat, isReturning, keep } = useOwnChat();
  const people = useStrangersOf(im, useAgentNames(chat));
  const isOpen = chat !== undefined && chat.state !== 'closed';
  const summary = useConversations(im)?.find(({ conversationId }) => conversationId === chat?.conversationId);
  const open = { chat: isOpen ? chat.conversationId : null, unread: summary?.unread ?? 0 };
  useReport(host, isReturning ? undefined : open);
  if (current === 'failed') return <Ended error={error} onSignOut={onSignOut} />;
  return (
    <div className="chat">
      <ConnectionBanner />
      <div className="chat-pane widget">
        {isReturning && <Notice title={t('Looking for your chat…')} isBusy={current === 'connected'} />}
        {!isReturning && chat === undefined && <Ask onOpened={keep} />}
        {chat !== undefined && (
          <PeopleProvider value={people}>
            {/* A pane reads what it shows, so there is none while the chat is closed. */}
            {host.isShown && (
              <MessagePane
                key={chat.conversationId}
                conversationKey={chat.conversationId}
                title={t('Support')}
                header={<WidgetHeader chat={chat} />}
                isOver={chat.state === 'closed'}
                onClose={() => keep(undefined)}
              />
            )}
            {chat.state === 'closed' && <Rating chat={chat} onDone={() => keep(undefined)} />}
          </PeopleProvider>
        )}
      </div>
    </div>
  );
}

function WidgetHeader({ chat }: { readonly chat: DeskChat }) {
  const im = useDeskIm();
  const nameOf = useNameOf();
  return (
    <header className="pane-header">
      <div className="pane-title">
        <h1 dir="auto">{chat.topic ?? t('Support')}</h1>
        <p role="status">{statusOf(chat, nameOf)}</p>
      </div>
      {chat.state !== 'closed' && (
        <AskFirst
          title={t('End this chat?')}
          text={t("You can't write in it any more. You can start a new one at any time.")}
          action={t('End chat')}
          act={() => im.desk.close(chat.conversationId)}
          wordsOf={wordsOf}
        >
          {(ask) => <Button onClick={ask}>{t('End chat')}</Button>}
        </AskFirst>
      )}
    </header>
  );
}

function statusOf({ state, position, agent }: DeskChat, nameOf: NameOf): string {
  if (state === 'closed') return t('This chat has ended');
  if (state === 'assigned')
    return t('{who} is here to help', { who: agent ? nameOf(agent.userId) : t('Support') });
  if (position === undefined) return t('You are in line. You can write already.');
  return position === 1 ? t('You are next in line') : t('You are number {position} in line', { position });
}

function Ask({ onOpened }: { onOpened(chat: DeskChat): void }) {
  const im = useDeskIm();
  const { current } = useConnection(im);
  const [topic, setTopic] = useState('');
  const { error, attempt } = useAttempt(wordsOf);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = topic.trim();
    attempt(im.desk.open({ ...queueOption(), ...(wanted !== '' && { topic: wanted }) }), onOpened);
  };
  return (
    <form className="form widget-ask" onSubmit={submit}>
      <Mark />
      <div className="widget-welcome">
        <h1>{t('How can we help?')}</h1>
        <p>{t('Describe it in one line. An agent will join you.')}</p>
      </div>
      <label className="field">
        <span>{t('Topic')}</span>
        <input
          value={topic}
          maxLength={100}
          dir="auto"
          placeholder={t('For example: where is my parcel?')}
          onChange={(event) => setTopic(event.target.value)}
        />
      </label>
      <FormError text={error} />
      <Button kind="primary" type="submit" disabled={current !== 'connected'}>
        {t('Start chat')}
      </Button>
    </form>
  );
}
