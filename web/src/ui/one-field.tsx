import { type FormEvent, useState } from 'react';
import { Button } from './button.tsx';
import { FormError } from './form-error.tsx';

export interface OneFieldProps {
  readonly label: string;
  readonly action: string;
  readonly initial?: string;
  readonly maxLength?: number;
  /** Why this text can't be submitted. */
  whyNot?(text: string): string | undefined;
  /** Calls `done` when the server has taken it; what failed stays in the field. */
  onSubmit(text: string, done: () => void): void;
}

/** A text with the button that submits it. */
export function OneField({ label, action, initial = '', maxLength, whyNot, onSubmit }: OneFieldProps) {
  const [text, setText] = useState(initial);
  const [error, setError] = useState<string>();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const reason = whyNot?.(text);
    setError(reason);
    if (reason !== undefined) return;
    onSubmit(text.trim(), () => setText(initial === '' ? '' : text.trim()));
  };
  return (
    <form className="field" onSubmit={submit} onChange={() => setError(undefined)}>
      <label>
        <span>{label}</span>
        <input
          value={text}
          onChange={(event) => setText(event.target.value)}
          dir="auto"
          required
          maxLength={maxLength}
        />
      </label>
      <Button type="submit">{action}</Button>
      <FormError text={error} />
    </form>
  );
}
