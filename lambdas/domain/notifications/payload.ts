import type { Attachment, Content } from '../../../protocol/content.ts';
import { parseConversationId, SYSTEM } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { PushPayload } from '../../../protocol/notifications.ts';
import type { NotificationText } from '../../shared/notification-text.ts';
import type { Head } from '../model/conversation.ts';
import type { StoredMessage } from '../model/message.ts';

export interface Names {
  /** Of the sender. Missing if there is no profile. */
  readonly sender?: string | undefined;
  readonly head?: Pick<Head, 'group'> | undefined;
}

/** What a notification of this message says (IM-NOTIFY-3). */
export function payloadOf(
  { conversationId, seq, messageId, from, contentJson }: StoredMessage,
  text: NotificationText,
  { sender = from, head }: Names,
): PushPayload {
  const payload = { conversationId, seq, messageId };
  if (text === 'none') return payload;
  const said = text === 'preview' ? wordsOf(JSON.parse(contentJson) as Content) : undefined;
  const by = from === SYSTEM ? undefined : sender;
  if (parseConversationId(conversationId)?.kind !== 'group')
    return { ...payload, ...(by !== undefined && { title: by }), ...(said !== undefined && { body: said }) };
  const body = [by, said].filter((part) => part !== undefined).join(': ');
  return {
    ...payload,
    ...(head?.group !== undefined && { title: head.group.name }),
    ...(body !== '' && { body }),
  };
}

/** The text of a message in one line; `undefined` if only the app can tell. */
function wordsOf(content: Content): string | undefined {
  if (content.type === 'text') return shortened(content.text);
  if (content.type === 'custom') return content.fallback && shortened(content.fallback);
  if (content.type === 'file')
    return content.text === undefined ? wordFor(content.attachments) : shortened(content.text);
  return undefined;
}

const WORDS = new Map([
  ['image', 'Photo'],
  ['video', 'Video'],
  ['audio', 'Sound'],
]);

/** A name may say more than its sender wants a lock screen to show. */
function wordFor(attachments: readonly Attachment[]): string {
  const kinds = new Set(attachments.map(({ type }) => type.split('/')[0] ?? ''));
  const [kind = ''] = kinds;
  return (kinds.size === 1 && WORDS.get(kind)) || 'File';
}

/** By code points, so that no pair of surrogates is torn. */
function shortened(text: string): string {
  const characters = [...text.trim().replace(/\s+/gu, ' ')];
  if (characters.length <= LIMITS.notifyBodyChars) return characters.join('');
  return `${characters.slice(0, LIMITS.notifyBodyChars - 1).join('')}…`;
}
