import type { Conversation } from '@serverless-im/client';
import { usePresence, useSettings } from '@serverless-im/client/react';
import { useState } from 'react';
import { ConversationMenu } from '../conversations/conversation-menu.tsx';
import { isMuted } from '../conversations/settings.ts';
import { GroupDetails } from '../groups/group-details.tsx';
import type { UseGroup } from '../groups/use-group.ts';
import { useIm } from '../session/client-context.ts';
import { Avatar, UserAvatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icon.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { briefly } from '../ui/times.ts';
import { useNow } from '../ui/use-now.ts';

export interface PaneHeaderProps {
  readonly conversation: Conversation;
  readonly name: string;
  /** The other user, in a direct conversation. */
  readonly peer: string | undefined;
  readonly group: UseGroup;
  onClose(): void;
}

export function PaneHeader({ conversation, name, peer, group, onClose }: PaneHeaderProps) {
  const [isOpen, setIsOpen] = useState(false);
  const [hasMenu, setHasMenu] = useState(false);
  const isQuiet = isMuted(useSettings(conversation), useNow());
  const members = group.value?.memberCount;
  return (
    <header className="pane-header">
      <IconButton icon="back" label="Back to the list" className="pane-back" onClick={onClose} />
      {peer === undefined ? <Avatar name={name} isGroup /> : <UserAvatar userId={peer} />}
      <div className="pane-title">
        <h2 dir="auto">{name}</h2>
        {peer === undefined ? (
          members !== undefined && <p>{aboutGroup(members, group)}</p>
        ) : (
          <Presence userId={peer} />
        )}
      </div>
      {isQuiet && (
        <span className="pane-muted">
          <Icon name="bell-off" />
          Muted
        </span>
      )}
      <IconButton icon="more" label="Options" onClick={() => setHasMenu(true)} />
      {hasMenu && <ConversationMenu {...{ conversation, name, peer }} onClose={() => setHasMenu(false)} />}
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

const MINUTE_MS = 60_000;

/** How slow is said above the composer. */
function aboutGroup(members: number, { value, isAdmin }: UseGroup): string {
  const count = `${members} ${members === 1 ? 'member' : 'members'}`;
  return (value?.slowModeSeconds ?? 0) > 0 && !isAdmin ? `${count} · slow mode` : count;
}

function Presence({ userId }: { readonly userId: string }) {
  const presence = usePresence(useIm(), userId);
  const nowMs = useNow();
  if (presence?.online) return <p className="presence is-online">online</p>;
  // Null also means that the two have not talked yet, and then the other may well be online.
  if (presence?.lastSeenAt == null) return null;
  const when = nowMs - presence.lastSeenAt < MINUTE_MS ? 'just now' : briefly(presence.lastSeenAt, nowMs);
  return <p className="presence">{`last seen ${when}`}</p>;
}
