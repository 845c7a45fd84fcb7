import type { Conversation } from '@serverless-im/client';
import { useTyping } from '@serverless-im/client/react';
import { useNameOf } from '../ui/names.ts';
import { t } from '../ui/texts.ts';

export interface TypingLineProps {
  readonly conversation: Conversation;
  readonly isGroup: boolean;
}

/** Always rendered, so that the layout stays still when somebody starts typing. */
export function TypingLine({ conversation, isGroup }: TypingLineProps) {
  const users = useTyping(conversation);
  const nameOf = useNameOf();
  return (
    <p className="typing-line">
      {users.length > 0 && (
        <>
          <TypingDots />
          {sayWho(users.map(nameOf), isGroup)}
        </>
      )}
    </p>
  );
}

export function TypingDots() {
  return (
    <span className="typing-dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}

function sayWho(users: readonly string[], isGroup: boolean): string {
  const [first, second] = users;
  if (!isGroup || users.length === 1) return t('{who} is typing', { who: first ?? '' });
  if (users.length === 2) return t('{who} and {other} are typing', { who: first ?? '', other: second ?? '' });
  return t('{count} people are typing', { count: users.length });
}
