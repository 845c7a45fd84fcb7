import { type FormEvent, useState } from 'react';
import { LIMITS } from '../../../protocol/limits.ts';
import { reasonOf } from '../messages/reasons.ts';
import { useIm } from '../session/client-context.ts';
import type { ConversationKey } from '../shell/selection.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { parsePeople, whyNot } from './people.ts';

export interface NewConversationProps {
  onClose(): void;
  onStarted(key: ConversationKey): void;
}

/** One name starts a direct conversation, several create a group. */
export function NewConversation({ onClose, onStarted }: NewConversationProps) {
  const im = useIm();
  const [names, setNames] = useState('');
  const [title, setTitle] = useState('');
  const [error, setError] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const people = parsePeople(names);
  const isGroup = people.length > 1;

  const start = async (): Promise<void> => {
    const reason = whyNot(people, im.userId);
    const [first = ''] = people;
    if (reason !== undefined) return setError(reason);
    if (!isGroup) return onStarted(`@${first}`);
    setIsBusy(true);
    try {
      const name = title.trim() || people.join(', ').slice(0, LIMITS.groupNameChars);
      const { conversationId } = await im.groups.create({ name, members: people });
      onStarted(conversationId);
    } catch (cause) {
      setError(reasonOf(cause));
      setIsBusy(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void start();
  };

  return (
    <Dialog title="New conversation" onClose={onClose}>
      <form className="form" onSubmit={submit} onChange={() => setError(undefined)}>
        <label className="field">
          <span>With</span>
          <input
            value={names}
            onChange={(event) => setNames(event.target.value)}
            placeholder="bob, or several: bob carol"
            aria-describedby="with-hint"
            autoCapitalize="off"
            autoComplete="off"
            spellCheck={false}
          />
          <small id="with-hint">Enter several names to create a group.</small>
        </label>
        {isGroup && (
          <label className="field">
            <span>Group name</span>
            <input
              value={title}
              onChange={(event) => setTitle(event.target.value)}
              placeholder={people.join(', ')}
              maxLength={LIMITS.groupNameChars}
              dir="auto"
            />
          </label>
        )}
        <FormError text={error} />
        <div className="form-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={isBusy}>
            {isGroup ? 'Create group' : 'Start'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
