import { parseConversationId } from '../../../protocol/ids.ts';
import type { ReplayAnswer, ReplayRequest } from '../../../protocol/service.ts';
import { InvalidRequestError, NotFoundError, UnavailableError } from '../../shared/errors.ts';
import type { ConversationReader } from '../model/conversation.ts';
import type { MessageReader } from '../model/message.ts';
import { allEventsOf } from './events-of.ts';
import { type PublishPorts, publishPatiently } from './publish.ts';

export interface ReplayPorts extends PublishPorts {
  readonly conversations: Pick<ConversationReader, 'head'>;
  readonly messages: Pick<MessageReader, 'page'>;
}

const PAGE = 100;
/** After this time no page begins. */
const LAST_PAGE_MS = 20_000;

/**
 * Publishes the events of a conversation's messages again, from a seq on, with the same ids as the first time (IM-EVENT-6). Of a
 * message that has changed: its creation, as the message is now, and its last change. Reads strongly.
 * @returns `nextSeq` if there is more: go on there
 * @throws {NotFoundError} the conversation has no message
 * @throws {UnavailableError} not all could be published: repeat the request
 */
export async function replay(
  ports: ReplayPorts,
  { conversationId, fromSeq, toSeq }: ReplayRequest,
): Promise<ReplayAnswer> {
  if (parseConversationId(conversationId) === undefined)
    throw new InvalidRequestError([{ path: 'conversationId', message: 'is not a conversation id' }]);
  const { seq: head } = await ports.conversations.head(conversationId);
  if (head === 0) throw new NotFoundError();
  const endMs = ports.clock() + LAST_PAGE_MS;
  let messages = 0;
  let events = 0;
  let nextSeq = fromSeq;
  for (;;) {
    const range = {
      after: nextSeq - 1,
      limit: PAGE,
      head,
      ...(toSeq !== undefined && { before: toSeq + 1 }),
    };
    const page = await ports.messages.page(conversationId, range);
    const all = page.messages.flatMap(allEventsOf);
    const outcomes = await publishPatiently(ports, all);
    if (outcomes.some((outcome) => outcome !== 'published')) throw new UnavailableError();
    messages += page.messages.length;
    events += all.length;
    nextSeq = (page.messages.at(-1)?.seq ?? head) + 1;
    if (!page.hasMore) return { messages, events };
    if (ports.clock() > endMs) return { messages, events, nextSeq };
  }
}
