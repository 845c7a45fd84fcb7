import type { ChatMessage } from '@serverless-im/client';
import { Icon, type IconName } from '../ui/icon.tsx';
import { t } from '../ui/texts.ts';
import { type ReadBy, useReadBy } from './use-readers.ts';

interface Sign {
  /** `some`: read, but not by all. */
  readonly name: ChatMessage['state'] | 'some';
  readonly icon: IconName;
  /** In the visitor's language. */
  readonly words: string;
  /** Beside the icon: how many of how many have read. */
  readonly count?: string;
}

function plainSign(state: ChatMessage['state']): Sign {
  return SIGNS[state]();
}

const SIGNS: Readonly<Record<ChatMessage['state'], () => Sign>> = {
  pending: () => ({ name: 'pending', icon: 'clock', words: t('Sending') }),
  sent: () => ({ name: 'sent', icon: 'check', words: t('Sent') }),
  read: () => ({ name: 'read', icon: 'checks', words: t('Read') }),
  failed: () => ({ name: 'failed', icon: 'alert', words: t('Not sent') }),
};

export function signOf(state: ChatMessage['state'], by?: ReadBy): Sign {
  if (by === undefined) return plainSign(state);
  const { readers, others, hasMore } = by;
  const total = readers.length + others.length;
  // A push may have told before the list was loaded.
  if (readers.length === 0)
    return state === 'read' && hasMore
      ? { ...plainSign('read'), name: 'some', words: 'Read by some' }
      : plainSign(state === 'pending' ? state : 'sent');
  if (others.length === 0 && !hasMore) return { ...plainSign('read'), words: 'Read by all' };
  const [words, count] = hasMore
    ? ['Read by some', `${readers.length}+`]
    : [`Read by ${readers.length} of ${total}`, `${readers.length}/${total}`];
  return { name: 'some', icon: 'checks', words, count };
}

/** The state of this user's message as an icon, and in words for screen readers. */
export function Ticks({ state }: { readonly state: ChatMessage['state'] }) {
  return <SignOf sign={plainSign(state)} />;
}

/** Beside a later message. */
export function RefusedSign() {
  return <SignOf sign={{ ...plainSign('failed'), words: 'A message was not sent' }} />;
}

export interface OwnTicksProps {
  readonly message: ChatMessage;
  onOpen(): void;
}

/** In a group, a button that opens the list of readers. */
export function OwnTicks({ message, onOpen }: OwnTicksProps) {
  const by = useReadBy(message);
  const sign = signOf(message.state, by);
  if (by === undefined) return <SignOf sign={sign} />;
  return (
    <button
      type="button"
      className="ticks-button"
      aria-haspopup="dialog"
      aria-label={`${sign.words}, show by whom`}
      onClick={onOpen}
    >
      <SignOf sign={sign} />
    </button>
  );
}

/** The same in words, under this user's latest message. A screen reader has heard them with the icon. */
export function StateInWords({ message }: { readonly message: ChatMessage }) {
  const { words } = signOf(message.state, useReadBy(message));
  return (
    <p className="message-state" aria-hidden="true">
      {words}
    </p>
  );
}

function SignOf({ sign: { name, icon, words, count } }: { readonly sign: Sign }) {
  return (
    <span className={`ticks ticks-${name}`} title={words}>
      <span className="visually-hidden">{words}</span>
      <Icon name={icon} />
      {count !== undefined && <span aria-hidden="true">{count}</span>}
    </span>
  );
}
