import type { ChatMessage } from '@serverless-im/client';
import { Icon, type IconName } from '../ui/icon.tsx';

const SIGNS: Readonly<Record<ChatMessage['state'], readonly [IconName, string]>> = {
  pending: ['clock', 'Sending'],
  sent: ['check', 'Sent'],
  read: ['checks', 'Read'],
  failed: ['alert', 'Not sent'],
};

export interface TicksProps {
  readonly message: Pick<ChatMessage, 'state'>;
  /** In words too, not for screen readers only. */
  readonly isSpelled?: boolean;
}

/** How far an own message has come. */
export function Ticks({ message: { state }, isSpelled = false }: TicksProps) {
  const [icon, words] = SIGNS[state];
  return (
    <span className={`ticks ticks-${state}`} title={words}>
      <span className={isSpelled ? undefined : 'visually-hidden'}>{words}</span>
      <Icon name={icon} />
    </span>
  );
}
