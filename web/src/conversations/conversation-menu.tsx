import { type Conversation, changeSettings, type SettingsChanges } from '@serverless-im/client';
import { useSettings } from '@serverless-im/client/react';
import { useState } from 'react';
import { SYSTEM } from '../../../protocol/ids.ts';
import { reasonOf } from '../messages/reasons.ts';
import { ContactDialog } from '../people/contact-dialog.tsx';
import { useIm } from '../session/client-context.ts';
import { Confirmation } from '../ui/ask-first.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { usePeople } from '../ui/names.ts';
import { briefly } from '../ui/times.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import { useNow } from '../ui/use-now.ts';
import { isMuted } from './settings.ts';

const HOUR_MS = 3_600_000;

export interface ConversationMenuProps {
  readonly conversation: Conversation;
  readonly name: string;
  /** The other user, in a direct conversation. */
  readonly peer: string | undefined;
  onClose(): void;
}

/** The user's own settings of a conversation, and what they can do about the other user. Nobody else learns of it. */
export function ConversationMenu({ conversation, name, peer, onClose }: ConversationMenuProps) {
  const [asked, ask] = useState<'contact' | 'block'>();
  if (asked === 'contact' && peer !== undefined) return <ContactDialog userId={peer} onClose={onClose} />;
  if (asked === 'block' && peer !== undefined) return <Block userId={peer} onClose={onClose} />;
  return (
    <Dialog title={name} onClose={onClose}>
      <Settings {...{ conversation, onClose }} />
      {peer !== undefined && peer !== SYSTEM && <AboutPeer {...{ peer, onClose, ask }} />}
    </Dialog>
  );
}

function Settings({ conversation, onClose }: Pick<ConversationMenuProps, 'conversation' | 'onClose'>) {
  const settings = useSettings(conversation);
  const nowMs = useNow();
  const { error, attempt } = useAttempt(reasonOf);
  const { archived = false, pinned = false, muted } = settings;
  const set = (changes: SettingsChanges) => () => attempt(changeSettings(conversation, changes), onClose);
  return (
    <div className="message-menu">
      <Button onClick={set({ pinned: !pinned })}>{pinned ? 'Unpin from the top' : 'Pin to the top'}</Button>
      {isMuted(settings, nowMs) ? (
        <Button onClick={set({ muted: false })}>
          {typeof muted === 'number' ? `Unmute (muted until ${briefly(muted, nowMs)})` : 'Unmute'}
        </Button>
      ) : (
        <>
          <Button onClick={set({ muted: nowMs + HOUR_MS })}>Mute for an hour</Button>
          <Button onClick={set({ muted: true })}>Mute</Button>
        </>
      )}
      <Button onClick={set({ archived: !archived })}>
        {archived ? 'Move back to the list' : 'Move to the archive'}
      </Button>
      <FormError text={error} />
    </div>
  );
}

interface AboutPeerProps {
  readonly peer: string;
  onClose(): void;
  ask(what: 'contact' | 'block'): void;
}

function AboutPeer({ peer, onClose, ask }: AboutPeerProps) {
  const im = useIm();
  const { nameOf, contacts, blocked } = usePeople();
  const { error, attempt } = useAttempt(reasonOf);
  const isContact = contacts?.some(({ userId }) => userId === peer);
  const name = nameOf(peer);
  return (
    <div className="message-menu">
      <Button onClick={() => ask('contact')}>{isContact ? 'Edit contact' : 'Add to contacts'}</Button>
      {blocked.has(peer) ? (
        <Button onClick={() => attempt(im.blocks.remove(peer), onClose)}>{`Unblock ${name}`}</Button>
      ) : (
        <Button kind="danger" onClick={() => ask('block')}>{`Block ${name}`}</Button>
      )}
      <FormError text={error} />
    </div>
  );
}

function Block({ userId, onClose }: { readonly userId: string; onClose(): void }) {
  const im = useIm();
  const name = usePeople().nameOf(userId);
  return (
    <Confirmation
      title={`Block ${name}?`}
      text="They can’t write to you here any more, and don’t see whether you are online. Nobody tells them. In groups you still see each other."
      action="Block"
      act={() => im.blocks.add(userId)}
      wordsOf={reasonOf}
      onClose={onClose}
    />
  );
}
