import type { Contact } from '@serverless-im/client';
import { useState } from 'react';
import { parsePeople, whyNot } from '../conversations/people.ts';
import { reasonOf } from '../messages/reasons.ts';
import { useIm } from '../session/client-context.ts';
import type { ConversationKey } from '../shell/selection.ts';
import { UserAvatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { type NameOf, useNameOf, usePeople } from '../ui/names.ts';
import { OneField } from '../ui/one-field.tsx';
import { useAttempt } from '../ui/use-attempt.ts';
import { ContactDialog } from './contact-dialog.tsx';
import '../groups/groups.css';
import './people.css';

export interface PeopleDialogProps {
  onClose(): void;
  /** Opens a conversation. */
  onSelect(key: ConversationKey): void;
}

/** The user's contacts, and the users who are blocked. */
export function PeopleDialog({ onClose, onSelect }: PeopleDialogProps) {
  const im = useIm();
  const { nameOf, contacts, blocked } = usePeople();
  const [edited, setEdited] = useState<string>();
  const { error, attempt } = useAttempt(reasonOf);
  return (
    <Dialog title="People" onClose={onClose}>
      <h3 className="group-heading">Contacts</h3>
      {contacts?.length === 0 && <p className="people-none">Nobody yet. Add the people you talk to often.</p>}
      <ul className="people">
        {sorted(contacts ?? [], nameOf).map((contact) => (
          <ContactRow
            key={contact.userId}
            contact={contact}
            onSelect={() => onSelect(`@${contact.userId}`)}
            onEdit={() => setEdited(contact.userId)}
          />
        ))}
      </ul>
      <OneField
        label="Add a contact"
        action="Add"
        whyNot={(text) => whyNotOne(text, im.userId)}
        onSubmit={(userId, done) => attempt(im.contacts.add(userId), done)}
      />
      <FormError text={error} />
      {blocked.size > 0 && (
        <>
          <h3 className="group-heading">Blocked</h3>
          <ul className="people">
            {[...blocked].map((userId) => (
              <li key={userId}>
                <span className="people-one">
                  <UserAvatar userId={userId} />
                  <Name userId={userId} />
                </span>
                <Button
                  kind="quiet"
                  aria-label={`Unblock ${nameOf(userId)}`}
                  onClick={() => attempt(im.blocks.remove(userId))}
                >
                  Unblock
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
      {edited !== undefined && <ContactDialog userId={edited} onClose={() => setEdited(undefined)} />}
    </Dialog>
  );
}

interface ContactRowProps {
  readonly contact: Contact;
  onSelect(): void;
  onEdit(): void;
}

function ContactRow({ contact: { userId, alias, favorite }, onSelect, onEdit }: ContactRowProps) {
  const im = useIm();
  const name = useNameOf()(userId);
  const { error, attempt } = useAttempt(reasonOf);
  return (
    <>
      <li>
        <button type="button" className="people-one" data-focus onClick={onSelect} title={`Write to ${name}`}>
          <UserAvatar userId={userId} />
          <Name userId={userId} />
        </button>
        <IconButton
          icon="star"
          label={`Favourite: ${name}`}
          aria-pressed={favorite === true}
          onClick={() => attempt(im.contacts.add(userId, { alias, favorite: !favorite }))}
        />
        <IconButton icon="pencil" label={`Edit ${name}`} onClick={onEdit} />
      </li>
      <FormError text={error} />
    </>
  );
}

/** A name, and the id behind it. */
function Name({ userId }: { readonly userId: string }) {
  const name = useNameOf()(userId);
  return (
    <span className="people-name">
      <bdi>{name}</bdi>
      {name !== userId && (
        <small>
          <bdi>{userId}</bdi>
        </small>
      )}
    </span>
  );
}

/** Favourites first. */
function sorted(contacts: readonly Contact[], nameOf: NameOf): readonly Contact[] {
  const rank = ({ favorite }: Contact) => (favorite ? 0 : 1);
  return [...contacts].sort((a, b) => rank(a) - rank(b) || nameOf(a.userId).localeCompare(nameOf(b.userId)));
}

function whyNotOne(text: string, self: string | undefined): string | undefined {
  const people = parsePeople(text);
  return people.length > 1 ? 'Enter one name at a time.' : whyNot(people, self);
}
