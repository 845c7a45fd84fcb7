import type { ChatMessage, Content, Conversation } from '@serverless-im/client';
import { type CSSProperties, memo, useState } from 'react';
import { widthOf } from '../files/layout.ts';
import { MessageFiles } from '../files/message-files.tsx';
import { useIm } from '../session/client-context.ts';
import { UserAvatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { useNameOf } from '../ui/names.ts';
import { t } from '../ui/texts.ts';
import { clockTime, fullTime } from '../ui/times.ts';
import { useLongPress } from '../ui/use-long-press.ts';
import { draftsOf, replyPlace } from './drafts.ts';
import { LinkedText } from './linked-text.tsx';
import { type MessageAction, useMayEdit, useMayRecall } from './message-actions.tsx';
import { Reactions } from './reactions.tsx';
import { reasonOfMessage } from './reasons.ts';
import { Quote, useReplyActions } from './replies.tsx';
import { OwnTicks, StateInWords } from './ticks.tsx';
import { TypingDots } from './typing-line.tsx';
import { isSaid, textOf } from './wording.ts';
import './message.css';

export interface MessageRowProps {
  readonly conversation: Conversation;
  readonly message: ChatMessage;
  readonly isGroup: boolean;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isLatestOwn: boolean;
  /** It is still being written: others watch it grow (IM-LIVE). */
  readonly isLive: boolean;
  /** Whether this user may recall any message at any time. */
  readonly isAdmin: boolean;
  /** This user is no longer in the conversation, so nothing can be sent to it. */
  readonly isGone: boolean;
  /** Names the conversation's draft. */
  readonly draftKey: string;
  /** Opens the dialog of an action, or the menu of all. Must stay the same function. */
  onAction(message: ChatMessage, action: MessageAction): void;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, isGroup, isFirst, isLast, isLive } = props;
  const { mine, content, sentAt, state } = message;
  const nameOf = useNameOf();
  const { userId } = useIm();
  const from = nameOf(message.from ?? '');
  const longPress = useLongPress(() => isSaid(content) && !isLive && props.onAction(message, 'menu'));
  if (content.type === 'system') return <p className="system-line">{textOf(message, nameOf)}</p>;
  const isNamed = isGroup && !mine && isFirst;
  const classes = ['message', mine && 'is-mine', isFirst && 'is-first', isLast && 'is-last'];
  return (
    <div className={classes.filter(Boolean).join(' ')}>
      {isGroup && !mine && (
        <div className="message-avatar">{isLast && <UserAvatar userId={message.from ?? ''} />}</div>
      )}
      <div className="message-body">
        {isNamed ? (
          <p className="message-from">
            <bdi>{from}</bdi>
          </p>
        ) : (
          <span className="visually-hidden">{mine ? t('You') : from}: </span>
        )}
        <div {...bubbleOf(content)} {...longPress}>
          {message.replyTo !== undefined && isSaid(content) && (
            <Quote conversation={props.conversation} seq={message.replyTo} />
          )}
          {content.type === 'file' && (
            <MessageFiles conversation={props.conversation} message={message} content={content} />
          )}
          {!(content.type === 'file' && content.text === undefined) && (
            <p className="bubble-text" dir="auto">
              {content.type === 'text' || content.type === 'file' ? (
                <LinkedText
                  text={content.type === 'file' ? (content.text ?? '') : content.text}
                  mentions={message.mentions}
                  userId={userId}
                />
              ) : (
                textOf(message, nameOf)
              )}
            </p>
          )}
          <span className="bubble-meta">
            {message.editedAt !== undefined && isSaid(content) && (
              <span title={fullTime(message.editedAt)}>{t('edited')}</span>
            )}
            {isLive ? (
              <>
                <span className="visually-hidden">
                  {t('{who} is typing', { who: mine ? t('You') : from })}
                </span>
                <TypingDots />
              </>
            ) : (
              <time dateTime={new Date(sentAt).toISOString()} title={fullTime(sentAt)}>
                {clockTime(sentAt)}
              </time>
            )}
            {mine && isSaid(content) && !isLive && (
              <OwnTicks message={message} onOpen={() => props.onAction(message, 'readers')} />
            )}
          </span>
        </div>
        {isSaid(content) && <Reactions conversation={props.conversation} message={message} />}
        {state === 'failed' && <Failed {...props} />}
        {state !== 'failed' && props.isLatestOwn && <StateInWords message={message} />}
      </div>
      <Actions {...props} />
    </div>
  );
});

function bubbleOf(content: Content): { readonly className: string; readonly style?: CSSProperties } {
  if (content.type !== 'file') return { className: isSaid(content) ? 'bubble' : 'bubble is-recalled' };
  return {
    className: 'bubble has-files',
    style: { '--files': `${widthOf(content)}px` } as CSSProperties,
  };
}

/** Shows why a message was not sent, and lets the user retry, edit, copy, or delete it. */
function Failed({ conversation, message, isGone, draftKey }: MessageRowProps) {
  const { clientMsgId, content } = message;
  const drafts = draftsOf(useIm());
  const edit = (text: string) => {
    const draft = drafts.get(draftKey);
    drafts.set(draftKey, draft === '' ? text : `${text}\n${draft}`);
    const place = replyPlace(draftKey);
    if (message.replyTo !== undefined && drafts.get(place) === '') drafts.set(place, String(message.replyTo));
    conversation.discard(clientMsgId);
  };
  const retry = () => {
    // The message's state shows the outcome.
    conversation.retry(clientMsgId).catch(() => {});
  };
  return (
    <p className="message-failed" role="alert">
      <span>{`${t('Not sent.')} ${reasonOfMessage(message)}`}</span>
      {!isGone && (
        <Button kind="quiet" onClick={retry}>
          {t('Retry')}
        </Button>
      )}
      {content.type === 'text' && !isGone && (
        <Button kind="quiet" onClick={() => edit(content.text)}>
          {t('Edit')}
        </Button>
      )}
      {(content.type === 'text' || content.type === 'file') && content.text !== undefined && (
        <CopyButton text={content.text} />
      )}
      <Button kind="quiet" onClick={() => conversation.discard(clientMsgId)}>
        {t('Delete')}
      </Button>
    </p>
  );
}

function CopyButton({ text }: { readonly text: string }) {
  const [hasCopied, setHasCopied] = useState(false);
  // A page without TLS has no clipboard.
  const copy = () => navigator.clipboard?.writeText(text).then(() => setHasCopied(true));
  return (
    <Button kind="quiet" onClick={() => void copy()?.catch(() => {})}>
      {hasCopied ? t('Copied') : t('Copy')}
    </Button>
  );
}

/** What is done most is one step away; the menu has the rest. */
function Actions({ message, isAdmin, onAction }: MessageRowProps) {
  const { seq, content } = message;
  const { answer, hasMenu } = useReplyActions();
  const [isEditable, isRecallable] = [useMayEdit(message), useMayRecall(message, isAdmin)];
  const isAnswerable = answer !== undefined && seq !== undefined && isSaid(content);
  const isMore = hasMenu && seq !== undefined && isSaid(content);
  if (!isMore && !isEditable && !isRecallable) return null;
  return (
    <span className="message-actions">
      {isAnswerable && !message.mine && (
        <IconButton icon="smile" label={t('React')} onClick={() => onAction(message, 'react')} />
      )}
      {isAnswerable && <IconButton icon="reply" label={t('Reply')} onClick={() => answer(seq)} />}
      {isEditable && <IconButton icon="pencil" label={t('Edit')} onClick={() => onAction(message, 'edit')} />}
      {isRecallable && (
        <IconButton icon="trash" label={t('Take back')} onClick={() => onAction(message, 'take back')} />
      )}
      {isMore && (
        <IconButton
          className="is-more"
          icon="more"
          label={t('More')}
          onClick={() => onAction(message, 'menu')}
        />
      )}
    </span>
  );
}
