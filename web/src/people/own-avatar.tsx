import { useState } from 'react';
import { UserAvatar } from '../ui/avatar.tsx';
import { OwnProfile } from './own-profile.tsx';

/** The user's own avatar, which opens the profile. */
export function OwnAvatar({ userId, isOnline }: { readonly userId: string; readonly isOnline: boolean }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className="list-me"
        aria-label="Your profile"
        title="Your profile"
        onClick={() => setIsOpen(true)}
      >
        <UserAvatar userId={userId} isOnline={isOnline} />
      </button>
      {isOpen && <OwnProfile onClose={() => setIsOpen(false)} />}
    </>
  );
}
