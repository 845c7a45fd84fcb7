import type { DeskChat } from '@serverless-im/client/desk';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Icon } from '../ui/icon.tsx';
import { t } from '../ui/texts.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import { useDeskIm } from './desk-client.ts';
import { wordsOf } from './words.ts';

const MARKS = [1, 2, 3, 4, 5];

export interface RatingProps {
  readonly chat: DeskChat;
  /** The customer wants another chat. */
  onDone(): void;
}

/** A customer can rate a chat once, after it has ended (IM-DESK-3). */
export function Rating({ chat, onDone }: RatingProps) {
  const im = useDeskIm();
  const { error, attempt } = useAttempt(wordsOf);
  const rate = (mark: number) => attempt(im.desk.close(chat.conversationId, mark));
  return (
    <section className="widget-rating" aria-label={t('Rating')}>
      {chat.rating === undefined ? (
        <fieldset className="stars">
          <legend>{t('How was it?')}</legend>
          {MARKS.map((mark) => (
            <button
              key={mark}
              type="button"
              aria-label={t('{mark} of 5', { mark })}
              onClick={() => rate(mark)}
            >
              <Icon name="star" />
            </button>
          ))}
        </fieldset>
      ) : (
        <>
          <Stars mark={chat.rating} />
          <p role="status">{t('Thank you. You rated this chat {mark} of 5.', { mark: chat.rating })}</p>
        </>
      )}
      <FormError text={error} />
      <Button kind="quiet" onClick={onDone}>
        {t('New chat')}
      </Button>
    </section>
  );
}

/** A rating that was given. Hidden from screen readers, since the words are beside it. */
export function Stars({ mark }: { readonly mark: number }) {
  return (
    <span className="stars" aria-hidden="true">
      {MARKS.map((one) => (
        <span key={one} className={one <= mark ? 'star is-on' : 'star'}>
          <Icon name="star" />
        </span>
      ))}
    </span>
  );
}
