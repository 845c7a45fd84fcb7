import type { Client } from '@serverless-im/client';
import { useCallback, useState } from 'react';
import { draftsOf } from '../messages/drafts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { useAttempt } from '../ui/use-attempt.ts';
import { type Session, storeOf } from './session.ts';

/** How the user leaves. */
export interface SignOut {
  /** How many messages this browser keeps that were not sent. */
  unsentCount(): Promise<number>;
  /** @throws if the messages could not be deleted; the user is still signed in */
  leave(options?: { readonly deleteUnsent?: boolean }): Promise<void>;
}

/** `first` runs while the client is still connected. */
export function signOutOf(
  im: Client,
  { storeName }: Session,
  onSignedOut: () => void,
  first: () => Promise<unknown> = async () => {},
): SignOut {
  const store = storeOf(storeName);
  return {
    // A store that can't be read must not keep the user signed in.
    unsentCount: () => store.unsentCount().catch(() => 0),
    async leave({ deleteUnsent = false } = {}) {
      await first();
      if (deleteUnsent) {
        im.close();
        await store.clear();
      }
      draftsOf(im).clear();
      onSignedOut();
    },
  };
}

/** Asks what to do with unsent messages: the next user of this browser could read them. */
export function SignOutButton({ signOut }: { readonly signOut: SignOut }) {
  const [unsent, setUnsent] = useState(0);
  const { error, attempt } = useAttempt(couldNotDelete);
  const leave: SignOut['leave'] = useCallback(
    async (options) => {
      await signOut.leave(options);
      forgetAddress();
    },
    [signOut],
  );
  const start = useCallback(async () => {
    const count = await signOut.unsentCount();
    if (count === 0) await leave();
    else setUnsent(count);
  }, [signOut, leave]);
  return (
    <>
      <IconButton icon="sign-out" label="Sign out" onClick={() => void start()} />
      {unsent > 0 && (
        <Dialog title={unsentWords(unsent)} onClose={() => setUnsent(0)}>
          <p>
            If you keep them on this device, they are sent when you sign in here again. Others who use this
            device could read them.
          </p>
          <FormError text={error} />
          <div className="form-actions">
            <Button kind="danger" onClick={() => attempt(leave({ deleteUnsent: true }))}>
              Delete and sign out
            </Button>
            <Button kind="primary" onClick={() => void leave()}>
              Keep and sign out
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** The next user of this tab may have no part in the open conversation. After a session that ended by itself it stays. */
function forgetAddress(): void {
  history.replaceState(null, '', `${location.pathname}${location.search}`);
}

function unsentWords(count: number): string {
  return count === 1 ? '1 message is not sent' : `${count} messages are not sent`;
}

function couldNotDelete(): string {
  return 'The messages could not be deleted. Try again.';
}
