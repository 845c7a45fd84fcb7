import type { ChatMessage } from '@serverless-im/client';
import { Icon, type IconName } from '../ui/icon.tsx';

const SIGNS: Readonly<Record<ChatMessage['state'], readonly [IconName, string]>> = {
  pending: ['clock', 'Sending'],
  sent: ['check', 'Sent'],
  read: ['checks', 'Read'],
  failed: ['alert', 'Not sent'],
};

type HasState = Pick<ChatMessage, 'state'>;

/** The state of this user's message as an icon, and in words for screen readers. */
export function Ticks({ message }: { readonly message: HasState }) {
  const words = wordsOf(message);
  return (
    <span className={`ticks ticks-${message.state}`} title={words}>
      <span className="visually-hidden">{words}</span>
      <Icon name={SIGNS[message.state][0]} />
    </span>
  );
}

export function wordsOf({ state }: HasState): string {
  return SIGNS[state][1];
}
