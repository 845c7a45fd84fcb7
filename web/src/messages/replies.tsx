import type { ChatMessage, Conversation } from '@serverless-im/client';
import { useMessage } from '@serverless-im/client/react';
import { createContext, useContext } from 'react';
import { IconButton } from '../ui/icon-button.tsx';
import { useNameOf } from '../ui/names.ts';
import { t } from '../ui/texts.ts';
import { excerptOf, isSaid, textOf } from './wording.ts';
import './replies.css';

/** What a row can do in this conversation. Must stay the same object. */
export interface ReplyActions {
  /** Starts an answer to the message. Undefined where this user can't write. */
  readonly answer: ((seq: number) => void) | undefined;
  /** Whether messages have a menu: to copy and report them, also where this user can't write. */
  readonly hasMenu: boolean;
  /** Whether this user may pin messages. Only hides the action: the server decides. */
  readonly mayPin: boolean;
  /** Shows the message in the list. */
  jumpTo(seq: number): void;
}

const ActionsContext = createContext<ReplyActions>({
  answer: undefined,
  hasMenu: false,
  mayPin: false,
  jumpTo: () => {},
});
export const ReplyActionsProvider = ActionsContext.Provider;

export function useReplyActions(): ReplyActions {
  return useContext(ActionsContext);
}

const LoadedContext = createContext<readonly ChatMessage[] | undefined>(undefined);

/** The messages of the list; undefined before they are loaded. */
export const LoadedMessagesProvider = LoadedContext.Provider;

/** The message with this seq. Undefined while it is loaded; null if this user can't see it. */
function useOriginal(conversation: Conversation, seq: number): ChatMessage | null | undefined {
  const messages = useContext(LoadedContext);
  const loaded = messages?.find((message) => message.seq === seq);
  const isAlone = messages !== undefined && loaded === undefined;
  const alone = useMessage(conversation, isAlone ? seq : undefined);
  return loaded ?? alone;
}

export interface OriginalProps {
  readonly conversation: Conversation;
  readonly seq: number;
}

/** The message that a bubble answers. A click shows it in the list. */
export function Quote({ conversation, seq }: OriginalProps) {
  const original = useOriginal(conversation, seq);
  const { jumpTo } = useReplyActions();
  if (original === null) return <p className="reply-quote is-gone">{t('This message is not available')}</p>;
  return (
    <button
      type="button"
      className="reply-quote"
      title={t('Show the message')}
      onClick={() => jumpTo(seq)}
      disabled={original === undefined}
    >
      <span className="visually-hidden">{t('Reply')}: </span>
      <Excerpt message={original} />
    </button>
  );
}

/** Above the composer: the message that is being answered. */
export function Answering({ conversation, seq, onCancel }: OriginalProps & { onCancel(): void }) {
  const original = useOriginal(conversation, seq);
  return (
    <div className="answering">
      <div className="reply-quote">
        <span className="visually-hidden">{t('Reply')}: </span>
        {original === null ? t('This message is not available') : <Excerpt message={original} />}
      </div>
      <IconButton icon="close" label={t('Cancel reply')} onClick={onCancel} />
    </div>
  );
}

function Excerpt({ message }: { readonly message: ChatMessage | undefined }) {
  const nameOf = useNameOf();
  if (message === undefined) return <span className="reply-text">…</span>;
  const { mine, from = '', content } = message;
  const isText = isSaid(content);
  return (
    <>
      <bdi className="reply-from">{mine ? t('You') : nameOf(from)}</bdi>
      <span className={isText ? 'reply-text' : 'reply-text is-note'} dir="auto">
        {isText ? excerptOf(message, 160) : textOf(message, nameOf)}
      </span>
    </>
  );
}
