import type { Client, Conversation } from '@serverless-im/client';
import { useConversations, useLiveTexts, useMessages } from '@serverless-im/client/react';
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { SYSTEM } from '../../../protocol/ids.ts';
import { conversationName } from '../conversations/names.ts';
import { useKeptName } from '../conversations/use-kept-name.ts';
import { LightboxPlace } from '../files/show-picture.tsx';
import { durationOf } from '../groups/slow-mode.ts';
import { NO_GROUP, useGroup } from '../groups/use-group.ts';
import { MentionableProvider, useMentionable } from '../groups/use-mentionable.ts';
import { useIm } from '../session/client-context.ts';
import type { ConversationKey } from '../shell/selection.ts';
import { Button } from '../ui/button.tsx';
import { Guarded } from '../ui/error-boundary.tsx';
import { FormError } from '../ui/form-error.tsx';
import { usePeople } from '../ui/names.ts';
import { Notice } from '../ui/notice.tsx';
import { t } from '../ui/texts.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import { Announcer } from './announcer.tsx';
import { Composer } from './composer.tsx';
import { departureOf } from './departure.ts';
import { useDraftReply } from './drafts.ts';
import { listRows } from './list-rows.ts';
import { MessageList } from './message-list.tsx';
import { PaneHeader } from './pane-header.tsx';
import { PinsBar } from './pins.tsx';
import { reasonOf } from './reasons.ts';
import { LoadedMessagesProvider, ReplyActionsProvider } from './replies.tsx';
import { TypingLine } from './typing-line.tsx';
import type { Jump } from './use-jump.ts';
import { ReadersProvider, useReaders } from './use-readers.ts';
import { useReading } from './use-reading.ts';
import { isSaid } from './wording.ts';
import './messages.css';

/** The same as for a supervisor's lists (use-supervision.ts). */
const REFRESH_MS = 5_000;

export interface MessagePaneProps {
  readonly conversationKey: ConversationKey;
  /** Replaces the name that the list shows. */
  readonly title?: string;
  readonly header?: ReactNode;
  /** The chat has ended: the user can read it but not write. */
  readonly isOver?: boolean;
  /** A supervisor reads another agent's chat: without writing, without marking as read, and by polling. */
  readonly isOthers?: boolean;
  onClose(): void;
}

/** One open conversation. */
export function MessagePane(props: MessagePaneProps) {
  return (
    <Guarded title={t('This conversation could not be shown')} onClose={props.onClose}>
      <Pane {...props} />
    </Guarded>
  );
}

function Pane({
  conversationKey,
  title,
  header,
  isOver = false,
  isOthers = false,
  onClose,
}: MessagePaneProps) {
  const im = useIm();
  const conversation = useMemo(() => open(im, conversationKey), [im, conversationKey]);
  const peer = conversationKey.startsWith('@') ? conversationKey.slice(1) : undefined;
  const summary = useConversations(im)?.find(({ conversationId }) => conversationId === conversation.id);
  const group = useGroup(conversationKey.startsWith('g:') ? conversationKey : undefined);
  const mentionable = useMentionable(group, conversationKey.startsWith('g:'));
  const known = useKeptName(conversationKey, group.value?.name ?? summary?.name);
  const { nameOf, blocked } = usePeople();
  const name = title ?? (peer === undefined ? conversationName(known, summary?.kind) : nameOf(peer));
  const { messages, gaps, hasEarlier, isLoaded, isLoading, error, loadEarlier, loadBackTo, reload } =
    useMessages(conversation);
  const live = useLiveTexts(conversation);
  const [isAtEnd, setIsAtEnd] = useState(false);
  const [toEnd, setToEnd] = useState(0);
  const [jump, setJump] = useState<Jump>();
  const isEndInSight = isLoaded && !isOthers && (messages.length === 0 || isAtEnd);
  const readSeq = useReading(conversation, messages, summary, isEndInSight);
  useRefresh(reload, isOthers);
  const rows = useMemo(
    () => listRows({ messages, gaps, live, hasEarlier, readSeq }),
    [messages, gaps, live, hasEarlier, readSeq],
  );
  const hasOwn = messages.some(({ mine, seq, content }) => mine && seq !== undefined && isSaid(content));
  const readers = useReaders(conversation, hasOwn && peer === undefined && !isOthers);
  const onNearStart = useCallback(() => void loadEarlier(), [loadEarlier]);
  const departure = useMemo(() => departureOf(messages, im.userId), [messages, im.userId]);
  const isGone = peer === undefined && (error?.code === 'not_found' || departure !== undefined);

  const isBlocked = peer !== undefined && blocked.has(peer);
  const isListener = group.value?.posting === 'admins' && !group.isAdmin;
  const slowModeSeconds = group.isAdmin ? 0 : (group.value?.slowModeSeconds ?? 0);
  const isOperators = peer === SYSTEM;
  const canWrite = !isGone && !isOver && !isOthers && !isBlocked && !isListener && !isOperators;
  const isChat = conversationKey.startsWith('cs:');
  const isPinner = peer !== undefined || group.isAdmin || group.value?.pins === 'members';
  const mayPin = canWrite && !isChat && isPinner;
  const [, setReplyTo] = useDraftReply(im, conversationKey);
  const replies = useMemo(() => {
    const jumpTo = async (seq: number) => (await loadBackTo(seq)) && setJump({ seq });
    const answer = canWrite ? setReplyTo : undefined;
    return { answer, hasMenu: !isGone && !isOthers, mayPin, jumpTo: (seq: number) => void jumpTo(seq) };
  }, [canWrite, isGone, isOthers, mayPin, setReplyTo, loadBackTo]);

  return (
    <MentionableProvider value={mentionable}>
      <ReplyActionsProvider value={replies}>
        <LoadedMessagesProvider value={isLoaded ? messages : undefined}>
          {header ?? (
            <PaneHeader
              conversation={conversation}
              name={name}
              peer={peer}
              group={isGone ? NO_GROUP : group}
              onClose={onClose}
            />
          )}
          {!isChat && !isGone && isLoaded && <PinsBar conversation={conversation} />}
          {rows.length > 0 ? (
            <ReadersProvider value={conversationKey.startsWith('g:') ? readers : undefined}>
              <LightboxPlace conversation={conversation} messages={messages}>
                <MessageList
                  label={t('Messages with {name}', { name })}
                  draftKey={conversationKey}
                  isGroup={peer === undefined}
                  isAdmin={group.isAdmin}
                  isGone={isGone}
                  onAtEnd={setIsAtEnd}
                  {...{
                    conversation,
                    rows,
                    hasEarlier,
                    isLoaded,
                    isLoading,
                    error,
                    toEnd,
                    jump,
                    onNearStart,
                  }}
                />
              </LightboxPlace>
            </ReadersProvider>
          ) : (
            <div className="messages">
              {isGone && <NotMember isSupport={conversationKey.startsWith('cs:')} />}
              {error !== undefined && !isGone && (
                <Notice
                  title={t('Could not load messages')}
                  text={t('They are loaded again when the connection is back.')}
                >
                  <Button kind="primary" onClick={() => void reload()}>
                    {t('Try again')}
                  </Button>
                </Notice>
              )}
              {error === undefined && !isLoaded && (
                <Notice title={t('Loading messages…')} isBusy={isLoading} />
              )}
              {error === undefined && isLoaded && (
                <Notice
                  title={t('This conversation is empty')}
                  {...(!isOperators && { text: t('Say hello to {name}.', { name }) })}
                />
              )}
            </div>
          )}
          <Announcer conversation={conversation} />
          <TypingLine conversation={conversation} isGroup={peer === undefined} />
          {isGone && rows.length > 0 && (
            <p className="messages-gone" role="status">
              {`${departure ?? t('You are no longer in this conversation.')} ${t('Its new messages are for members only.')}`}
            </p>
          )}
          {isListener && !isGone && (
            <p className="messages-gone" role="status">
              Only admins can write in this group.
            </p>
          )}
          {isOperators && (
            <p className="messages-gone" role="status">
              Messages of the operator can’t be answered.
            </p>
          )}
          {canWrite && slowModeSeconds > 0 && (
            <p className="messages-slow">{`Slow mode: one message in ${durationOf(slowModeSeconds)}.`}</p>
          )}
          {isBlocked && <Blocked userId={peer} name={name} />}
          {canWrite && (
            <Composer
              conversation={conversation}
              draftKey={conversationKey}
              placeholder={t('Message {name}', { name })}
              dropText={t('Drop files here to send them to {name}', { name })}
              onSent={() => setToEnd((count) => count + 1)}
            />
          )}
        </LoadedMessagesProvider>
      </ReplyActionsProvider>
    </MentionableProvider>
  );
}

/** Instead of a composer. */
function Blocked({ userId, name }: { readonly userId: string; readonly name: string }) {
  const im = useIm();
  const { error, attempt } = useAttempt(reasonOf);
  return (
    <div className="messages-gone" role="status">
      <p>{`You have blocked ${name}. To write here, unblock them.`}</p>
      <Button onClick={() => attempt(im.blocks.remove(userId))}>Unblock</Button>
      <FormError text={error} />
    </div>
  );
}

function NotMember({ isSupport }: { readonly isSupport: boolean }) {
  return isSupport ? (
    <Notice title={t('You are not in this chat')} text={t('Only its customer and its agent can read it.')} />
  ) : (
    <Notice title="You are not in this group" text="Only members can read its messages." />
  );
}

/** Another agent's chat is not pushed to a supervisor. */
function useRefresh(reload: () => Promise<void>, isWanted: boolean): void {
  useEffect(() => {
    if (!isWanted) return;
    const timer = setInterval(() => void reload(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [reload, isWanted]);
}

function open(im: Client, key: ConversationKey): Conversation {
  return key.startsWith('@') ? im.direct(key.slice(1)) : im.conversation(key);
}
