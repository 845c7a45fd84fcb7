import type { MessageKey } from '../domain/model/message.ts';

/** The sort key of a message. Neither part can contain a `#`. */
export function messageSortKey({ from, clientMsgId }: Pick<MessageKey, 'from' | 'clientMsgId'>): string {
  return `${from}#${clientMsgId}`;
}

export function parseMessageSortKey(sortKey: string): Pick<MessageKey, 'from' | 'clientMsgId'> {
  const [from = '', clientMsgId = ''] = sortKey.split('#');
  return { from, clientMsgId };
}
