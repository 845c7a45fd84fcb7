import type { Conversation } from '@serverless-im/client';
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useIm } from '../session/client-context.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { draftsOf } from './drafts.ts';
import './composer.css';

export interface ComposerProps {
  readonly conversation: Conversation;
  /** Names the draft. */
  readonly draftKey: string;
  readonly placeholder: string;
  onSent(): void;
}

/** Sends with or without a connection: the SDK keeps messages until there is one. */
export function Composer({ conversation, draftKey, placeholder, onSent }: ComposerProps) {
  const drafts = draftsOf(useIm());
  const [text, setText] = useState(() => drafts.get(draftKey) ?? '');
  const field = useRef<HTMLTextAreaElement>(null);
  const isEmpty = text.trim() === '';
  useEffect(() => {
    // On a touch screen the keyboard would cover the messages.
    if (matchMedia('(hover: hover)').matches) field.current?.focus();
  }, []);

  const write = (value: string): void => {
    setText(value);
    drafts.set(draftKey, value);
    conversation.typing(value !== '');
  };
  const send = (): void => {
    if (isEmpty) return;
    conversation.send({ type: 'text', text: text.trim() });
    setText('');
    drafts.delete(draftKey);
    onSent();
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    send();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    send();
  };

  return (
    <form className="composer" onSubmit={onSubmit}>
      <div className="composer-field" data-text={`${text}\n`}>
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
          aria-label={placeholder}
          placeholder={placeholder}
          enterKeyHint="send"
        />
      </div>
      <IconButton icon="send" label="Send" type="submit" className="composer-send" disabled={isEmpty} />
    </form>
  );
}

/** Whether Enter picks a word of an input method. Safari shows that only by the key code. */
function isComposing({ nativeEvent }: KeyboardEvent): boolean {
  return nativeEvent.isComposing || nativeEvent.keyCode === 229;
}
