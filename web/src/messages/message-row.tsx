import type { ChatMessage, Conversation } from '@serverless-im/client';
import { memo } from 'react';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { clockTime, fullTime } from '../ui/times.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import { useNow } from '../ui/use-now.ts';
import { reasonOf } from './reasons.ts';
import { Ticks, wordsOf } from './ticks.tsx';
import { isSaid, textOf } from './wording.ts';
import './message.css';

export interface MessageRowProps {
  readonly conversation: Conversation;
  readonly message: ChatMessage;
  readonly isGroup: boolean;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isLatestOwn: boolean;
  /** Whether this user may recall any message at any time. */
  readonly isAdmin: boolean;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, isGroup, isFirst, isLast } = props;
  const { mine, content, from = '', sentAt, state } = message;
  if (content.type === 'system') return <p className="system-line">{textOf(message)}</p>;
  const isNamed = isGroup && !mine && isFirst;
  const classes = ['message', mine && 'is-mine', isFirst && 'is-first', isLast && 'is-last'];
  return (
    <div className={classes.filter(Boolean).join(' ')}>
      {isGroup && !mine && <div className="message-avatar">{isLast && <Avatar name={from} />}</div>}
      <div className="message-body">
        {isNamed ? (
          <p className="message-from">
            <bdi>{from}</bdi>
          </p>
        ) : (
          <span className="visually-hidden">{mine ? 'You' : from}: </span>
        )}
        <div className={isSaid(content) ? 'bubble' : 'bubble is-recalled'}>
          <p className="bubble-text" dir="auto">
            {textOf(message)}
          </p>
          <span className="bubble-meta">
            <time dateTime={new Date(sentAt).toISOString()} title={fullTime(sentAt)}>
              {clockTime(sentAt)}
            </time>
            {mine && isSaid(content) && <Ticks message={message} />}
          </span>
        </div>
        {state === 'failed' && <Failed {...props} />}
        {state !== 'failed' && props.isLatestOwn && <p className="message-state">{wordsOf(message)}</p>}
      </div>
      {isSaid(content) && message.seq !== undefined && <Recall {...props} seq={message.seq} />}
    </div>
  );
});

/** Shows why a message was not sent, and lets the user retry or delete it. */
function Failed({ conversation, message }: MessageRowProps) {
  const { clientMsgId, error } = message;
  const retry = () => {
    // The message's state shows the outcome.
    conversation.retry(clientMsgId).catch(() => {});
  };
  return (
    <p className="message-failed" role="alert">
      <span>{`Not sent. ${reasonOf(error)}`}</span>
      <Button kind="quiet" onClick={retry}>
        Retry
      </Button>
      <Button kind="quiet" onClick={() => conversation.discard(clientMsgId)}>
        Delete
      </Button>
    </p>
  );
}

/** The server's recall window (section 7). Only hides the button: the server decides, by its own clock. */
const RECALL_MS = 2 * 60_000;

function Recall({ conversation, message, isAdmin, seq }: MessageRowProps & { readonly seq: number }) {
  const { error, attempt } = useAttempt(reasonOf);
  const nowMs = useNow();
  const isAllowed = isAdmin || (message.mine && nowMs - message.sentAt < RECALL_MS);
  if (!isAllowed) return null;
  return (
    <span className="message-actions">
      {error === undefined ? (
        <IconButton icon="undo" label="Take back" onClick={() => attempt(conversation.recall(seq))} />
      ) : (
        <span role="alert">{error}</span>
      )}
    </span>
  );
}
