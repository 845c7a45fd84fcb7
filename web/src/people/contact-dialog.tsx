import { type FormEvent, useState } from 'react';
import { LIMITS } from '../../../protocol/limits.ts';
import { reasonOf } from '../messages/reasons.ts';
import { useIm } from '../session/client-context.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { usePeople } from '../ui/names.ts';
import { useAttempt } from '../ui/use-attempt.ts';

/** Adds, changes, or removes a contact. */
export function ContactDialog({ userId, onClose }: { readonly userId: string; onClose(): void }) {
  const im = useIm();
  const contact = usePeople().contacts?.find((one) => one.userId === userId);
  const [alias, setAlias] = useState(contact?.alias ?? '');
  const [favorite, setFavorite] = useState(contact?.favorite === true);
  const { error, attempt, forget } = useAttempt(reasonOf);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const named = alias.trim() === '' ? {} : { alias: alias.trim() };
    attempt(im.contacts.add(userId, { ...named, ...(favorite && { favorite }) }), onClose);
  };
  return (
    <Dialog title={contact === undefined ? 'Add to contacts' : 'Contact'} onClose={onClose}>
      <form className="form" onSubmit={submit} onChange={forget}>
        <label className="field">
          <span>Your name for {userId}</span>
          <input
            value={alias}
            onChange={(event) => setAlias(event.target.value)}
            placeholder={im.profiles.known(userId)?.name ?? userId}
            maxLength={LIMITS.personNameChars}
            aria-describedby="alias-hint"
            dir="auto"
          />
          <small id="alias-hint">Only you see it.</small>
        </label>
        <label className="check">
          <input type="checkbox" checked={favorite} onChange={({ target }) => setFavorite(target.checked)} />
          Favourite
        </label>
        <FormError text={error} />
        <div className="form-actions">
          {contact !== undefined && (
            <Button kind="danger" onClick={() => attempt(im.contacts.remove(userId), onClose)}>
              Remove
            </Button>
          )}
          <Button kind="primary" type="submit">
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
