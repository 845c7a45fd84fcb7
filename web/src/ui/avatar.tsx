import { type CSSProperties, useState } from 'react';
import { Icon } from './icon.tsx';
import { usePeople } from './names.ts';

export interface AvatarProps {
  readonly name: string;
  /** The same for the same value. @default the name */
  readonly colorOf?: string;
  /** An https URL. The initial is shown until it is loaded, and if it can't be. */
  readonly picture?: string | undefined;
  readonly isGroup?: boolean;
  /** Shown as a dot; undefined while unknown. */
  readonly isOnline?: boolean | undefined;
  /** Called once the picture is shown, or can't be. */
  onPicture?(isShown: boolean): void;
}

/** A person's picture, or their initial on a colour of their own. Hidden from screen readers, since the name is beside it. */
export function Avatar({ name, colorOf = name, picture, isGroup = false, isOnline, onPicture }: AvatarProps) {
  return (
    <span className="avatar" style={{ '--hue': hueOf(colorOf) } as CSSProperties} aria-hidden="true">
      {isGroup ? <Icon name="people" /> : initialOf(name)}
      {picture !== undefined && <Picture key={picture} url={picture} onEnd={onPicture} />}
      {isOnline === true && <span className="avatar-dot" />}
    </span>
  );
}

/** The avatar of a user, as they call themselves. */
export function UserAvatar({
  userId,
  isOnline,
}: {
  readonly userId: string;
  readonly isOnline?: boolean | undefined;
}) {
  const { nameOf, avatarOf } = usePeople();
  return <Avatar name={nameOf(userId)} colorOf={userId} picture={avatarOf(userId)} isOnline={isOnline} />;
}

/** It covers the initial, which keeps its place: nothing moves when it arrives. Its host learns no page that shows it. */
function Picture({ url, onEnd }: { readonly url: string; readonly onEnd?: AvatarProps['onPicture'] }) {
  const [state, setState] = useState<'loading' | 'loaded' | 'broken'>('loading');
  const end = (isShown: boolean) => {
    setState(isShown ? 'loaded' : 'broken');
    onEnd?.(isShown);
  };
  if (state === 'broken') return null;
  return (
    <img
      className={state === 'loaded' ? 'is-loaded' : undefined}
      src={url}
      alt=""
      referrerPolicy="no-referrer"
      decoding="async"
      draggable={false}
      onLoad={() => end(true)}
      onError={() => end(false)}
    />
  );
}

const segmenter = new Intl.Segmenter();

function initialOf(name: string): string {
  const [first] = segmenter.segment(name.trim());
  return first?.segment.toLocaleUpperCase() ?? '';
}

function hueOf(name: string): number {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 997;
  // Green to violet only, so that avatars match each other.
  return 120 + ((hash * 53) % 200);
}
