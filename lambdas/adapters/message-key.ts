import type { MessageKey, MessagePlace } from '../domain/model/message.ts';
import { volumeOf } from '../domain/model/volume.ts';

/** The partition key of a volume of the history, and of all its messages. */
export function volumeKey(conversationId: string, volume: number): string {
  return `${conversationId}#${volume}`;
}

export function messageItemKey(place: MessagePlace): { readonly pk: string; readonly sk: string } {
  return { pk: volumeKey(place.conversationId, volumeOf(place.seq)), sk: messageSortKey(place) };
}

/** The sort key of a message. Neither part can contain a `#`. */
export function messageSortKey({ from, clientMsgId }: Pick<MessageKey, 'from' | 'clientMsgId'>): string {
  return `${from}#${clientMsgId}`;
}

export function parseMessageSortKey(sortKey: string): Pick<MessageKey, 'from' | 'clientMsgId'> {
  const [from = '', clientMsgId = ''] = sortKey.split('#');
  return { from, clientMsgId };
}

/**
 * The partition key of a message's side data, such as its reactions. They are not in its volume, because their size is
 * unbounded.
 */
export function besideKey({
  conversationId,
  messageId,
}: {
  readonly conversationId: string;
  readonly messageId: string;
}): string {
  return `${conversationId}#${messageId}`;
}
