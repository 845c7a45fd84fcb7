import type { CSSProperties } from 'react';
import { Icon } from './icon.tsx';

export interface AvatarProps {
  readonly name: string;
  readonly isGroup?: boolean;
  /** Shown as a dot; undefined while unknown. */
  readonly isOnline?: boolean | undefined;
}

/** A person's initial on their own colour. Hidden from screen readers, since the name is beside it. */
export function Avatar({ name, isGroup = false, isOnline }: AvatarProps) {
  return (
    <span className="avatar" style={{ '--hue': hueOf(name) } as CSSProperties} aria-hidden="true">
      {isGroup ? <Icon name="people" /> : initialOf(name)}
      {isOnline === true && <span className="avatar-dot" />}
    </span>
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
