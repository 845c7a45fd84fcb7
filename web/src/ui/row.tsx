import type { ReactNode } from 'react';
import { badgeText } from './badge.ts';
import { Icon, type IconName } from './icon.tsx';

export interface RowProps {
  readonly avatar: ReactNode;
  readonly title: string;
  /** At the end of the first line. */
  readonly time?: ReactNode;
  /** Below the title. */
  readonly topic?: string | undefined;
  /** Before the preview. */
  readonly mark?: ReactNode;
  readonly preview: string;
  /** 100 means 100 or more. @default 0 */
  readonly unread?: number;
  /** There may be more. */
  readonly unreadIsAtLeast?: boolean;
  /** How many of them mention this user. @default 0 */
  readonly mentioned?: number;
  /** Unread messages are not urgent. @default false */
  readonly isMuted?: boolean;
  /** Kept on top of the list. @default false */
  readonly isPinned?: boolean;
  readonly isSelected: boolean;
  onSelect(): void;
}

/** A conversation of any kind in a list. */
export function Row(props: RowProps) {
  const {
    avatar,
    title,
    time,
    topic,
    mark,
    preview,
    unread = 0,
    unreadIsAtLeast = false,
    mentioned = 0,
    isMuted = false,
    isPinned = false,
    isSelected,
    onSelect,
  } = props;
  return (
    <button
      type="button"
      className={unread > 0 && !isMuted ? 'row has-unread' : 'row'}
      aria-current={isSelected ? 'true' : undefined}
      onClick={onSelect}
    >
      {avatar}
      <span className="row-title">
        <bdi>{title}</bdi>
        {isMuted && <Sign icon="bell-off" words="muted" />}
        {isPinned && <Sign icon="pin" words="pinned" />}
      </span>
      {time !== undefined && <span className="row-time">{time}</span>}
      {topic !== undefined && (
        <span className="row-topic row-text" dir="auto">
          {topic}
        </span>
      )}
      <span className="row-preview">
        {mark}
        <span className="row-text" dir="auto">
          {preview}
        </span>
      </span>
      {unread > 0 && (
        <span className="row-badges">
          {mentioned > 0 && (
            <span className="badge is-mention">
              <span aria-hidden="true">@{mentioned > 1 && badgeText(mentioned, false)}</span>
              <span className="visually-hidden">
                {`${mentioned} ${mentioned === 1 ? 'mention' : 'mentions'} of you, `}
              </span>
            </span>
          )}
          <span className={isMuted ? 'badge is-muted' : 'badge'}>
            {badgeText(unread, unreadIsAtLeast)}
            <span className="visually-hidden"> unread</span>
          </span>
        </span>
      )}
    </button>
  );
}

function Sign({ icon, words }: { readonly icon: IconName; readonly words: string }) {
  return (
    <span className="row-sign" title={words}>
      <Icon name={icon} />
      <span className="visually-hidden">{`, ${words}`}</span>
    </span>
  );
}
