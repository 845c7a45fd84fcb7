import { type ReactNode, useId, useState } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { FormError } from './form-error.tsx';
import { t } from './texts.ts';
import { useAttempt } from './use-attempt.ts';

export interface Question {
  /** A question, such as "End this chat?" */
  readonly title: string;
  /** The consequence, and that it can't be undone. */
  readonly text: string;
  /** The text of a user that the question is about. */
  readonly quote?: string;
  /** The words of the button that does it. */
  readonly action: string;
  /** Does it. The dialog stays open, and shows why, if it fails. */
  act(): Promise<unknown>;
  /** Explains a failure. Must stay the same function. */
  wordsOf(reason: unknown): string;
}

/** A button for what can't be undone: `children` gets the function that asks. */
export function AskFirst({
  children,
  ...question
}: Question & { readonly children: (ask: () => void) => ReactNode }) {
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      {children(() => setIsAsking(true))}
      {isAsking && <Confirmation {...question} onClose={() => setIsAsking(false)} />}
    </>
  );
}

/** Asks, with the focus on the answer that changes nothing. */
export function Confirmation({
  title,
  text,
  quote,
  action,
  act,
  wordsOf,
  onClose,
}: Question & { onClose(): void }) {
  const textId = useId();
  const { error, attempt } = useAttempt(wordsOf);
  return (
    <Dialog title={title} describedBy={textId} onClose={onClose}>
      {quote !== undefined && (
        <p className="quote" dir="auto">
          {quote}
        </p>
      )}
      <p id={textId}>{text}</p>
      <FormError text={error} />
      <div className="form-actions">
        <Button data-focus onClick={onClose}>
          {t('Cancel')}
        </Button>
        <Button kind="danger" onClick={() => attempt(act(), onClose)}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
