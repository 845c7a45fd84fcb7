import { type ChatMessage, type Conversation, type Reaction, reactTo } from '@serverless-im/client';
import { useIm } from '../session/client-context.ts';
import { FormError } from '../ui/form-error.tsx';
import { useNameOf } from '../ui/names.ts';
import { t } from '../ui/texts.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import { reasonOf } from './reasons.ts';
import { useReplyActions } from './replies.tsx';
import './reactions.css';

const OFFERED = ['👍', '❤️', '😂', '🎉', '😮', '😢'];

interface ReactionsProps {
  readonly conversation: Conversation;
  readonly message: ChatMessage;
}

/** Below the bubble: each reaction with its count. A click adds this user's, or takes it back. */
export function Reactions({ conversation, message }: ReactionsProps) {
  const { seq, reactions = [] } = message;
  const { error, attempt } = useAttempt(reasonOf);
  const { answer } = useReplyActions();
  const wordsFor = useWordsFor();
  if (seq === undefined || reactions.length === 0) return null;
  return (
    <>
      <ul className="reactions" aria-label={t('Reactions')}>
        {reactions.map((reaction) => {
          const { name, count, mine = false } = reaction;
          return (
            <li key={name}>
              <button
                type="button"
                className="reaction"
                aria-pressed={mine}
                aria-label={`${name} ${count}: ${wordsFor(reaction)}`}
                title={wordsFor(reaction)}
                disabled={answer === undefined}
                onClick={() => attempt(reactTo(conversation, seq, name, !mine))}
              >
                <span className="reaction-name">{name}</span>
                {count}
              </button>
            </li>
          );
        })}
      </ul>
      <FormError text={error} />
    </>
  );
}

/** Lets the user choose a reaction. */
export function ReactionPicker({ conversation, message, onDone }: ReactionsProps & { onDone(): void }) {
  const { seq, reactions = [] } = message;
  const { error, attempt } = useAttempt(reasonOf);
  if (seq === undefined) return null;
  const own = new Set(reactions.filter(({ mine }) => mine).map(({ name }) => name));
  return (
    <>
      <fieldset className="reaction-picker">
        <legend className="visually-hidden">{t('React')}</legend>
        {OFFERED.map((name, index) => (
          <button
            key={name}
            type="button"
            className="reaction-choice"
            data-focus={index === 0 || undefined}
            aria-pressed={own.has(name)}
            onClick={() => attempt(reactTo(conversation, seq, name, !own.has(name)), onDone)}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <FormError text={error} />
    </>
  );
}

/** Who reacted, in words. */
function useWordsFor(): (reaction: Reaction) => string {
  const nameOf = useNameOf();
  const { userId } = useIm();
  return ({ users = [], count, mine = false }) => {
    const others = users.filter((user) => user !== userId).map((user) => nameOf(user));
    const shown = [...(mine ? [t('You')] : []), ...others];
    const rest = count - shown.length;
    return [...shown, ...(rest > 0 ? [t('{count} more', { count: rest })] : [])].join(', ');
  };
}
