import { type ChatMessage, type Conversation, pinMessage } from '@serverless-im/client';
import { usePins } from '@serverless-im/client/react';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Icon } from '../ui/icon.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { useNameOf } from '../ui/names.ts';
import { t } from '../ui/texts.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import { reasonOf } from './reasons.ts';
import { useReplyActions } from './replies.tsx';
import { excerptOf } from './wording.ts';
import './pins.css';

/** Above the messages: the latest pin, which leads to its message, and the way to all of them. */
export function PinsBar({ conversation }: { readonly conversation: Conversation }) {
  const { messages } = usePins(conversation);
  const { jumpTo } = useReplyActions();
  const [isOpen, setIsOpen] = useState(false);
  const [latest] = messages;
  if (latest?.seq === undefined) return null;
  const { seq } = latest;
  return (
    <section className="pins" aria-label={t('Pinned messages')}>
      <Icon name="pin" />
      <button type="button" className="pins-latest" title={t('Show the message')} onClick={() => jumpTo(seq)}>
        <span className="visually-hidden">{t('Pinned')}: </span>
        <span dir="auto">{excerptOf(latest, 120)}</span>
      </button>
      <Button kind="quiet" onClick={() => setIsOpen(true)}>
        {t('{count} pinned', { count: messages.length })}
      </Button>
      {isOpen && <AllPins {...{ conversation, messages }} onClose={() => setIsOpen(false)} />}
    </section>
  );
}

interface AllPinsProps {
  readonly conversation: Conversation;
  readonly messages: readonly ChatMessage[];
  onClose(): void;
}

function AllPins({ conversation, messages, onClose }: AllPinsProps) {
  const nameOf = useNameOf();
  const { mayPin, jumpTo } = useReplyActions();
  const { error, attempt } = useAttempt(reasonOf);
  const show = (seq: number): void => {
    onClose();
    jumpTo(seq);
  };
  return (
    <Dialog title={t('Pinned messages')} onClose={onClose}>
      <ul className="pins-all">
        {messages.map((message) => {
          const { key, seq, mine, from = '' } = message;
          return seq === undefined ? null : (
            <li key={key}>
              <button type="button" className="pins-one" onClick={() => show(seq)}>
                <bdi className="pins-from">{mine ? t('You') : nameOf(from)}</bdi>
                <span dir="auto">{excerptOf(message, 160)}</span>
              </button>
              {mayPin && (
                <IconButton
                  icon="close"
                  label={t('Unpin')}
                  onClick={() => attempt(pinMessage(conversation, seq, false))}
                />
              )}
            </li>
          );
        })}
      </ul>
      <FormError text={error} />
    </Dialog>
  );
}
