import { usePresence } from '@serverless-im/client/react';
import { useState } from 'react';
import { GroupDetails } from '../groups/group-details.tsx';
import type { UseGroup } from '../groups/use-group.ts';
import { useIm } from '../session/client-context.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { briefly } from '../ui/times.ts';
import { useNow } from '../ui/use-now.ts';

export interface PaneHeaderProps {
  readonly name: string;
  /** The other user, in a direct conversation. */
  readonly peer: string | undefined;
  readonly group: UseGroup;
  onClose(): void;
}

export function PaneHeader({ name, peer, group, onClose }: PaneHeaderProps) {
  const [isOpen, setIsOpen] = useState(false);
  const members = group.value?.memberCount;
  return (
    <header className="pane-header">
      <IconButton icon="back" label="Back to the list" className="pane-back" onClick={onClose} />
      {peer === undefined ? <Avatar name={name} isGroup /> : <Avatar name={peer} />}
      <div className="pane-title">
        <h2 dir="auto">{name}</h2>
        {peer === undefined ? (
          members !== undefined && <p>{`${members} ${members === 1 ? 'member' : 'members'}`}</p>
        ) : (
          <Presence userId={peer} />
        )}
      </div>
      {group.value !== undefined && (
        <IconButton icon="info" label="About this group" onClick={() => setIsOpen(true)} />
      )}
      {isOpen && group.value !== undefined && (
        <GroupDetails
          group={group.value}
          isAdmin={group.isAdmin}
          onClose={() => setIsOpen(false)}
          onLeft={onClose}
        />
      )}
    </header>
  );
}

function Presence({ userId }: { readonly userId: string }) {
  const presence = usePresence(useIm(), userId);
  const nowMs = useNow();
  if (presence?.online) return <p className="presence is-online">online</p>;
  // Null also means that the two have not talked yet, and then the other may well be online.
  if (presence?.lastSeenAt == null) return null;
  return <p className="presence">{`last seen ${briefly(presence.lastSeenAt, nowMs)}`}</p>;
}
