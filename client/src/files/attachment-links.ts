import type { AttachmentLink, AttachmentsBody } from '../../../protocol/attachments.ts';
import { ImError } from '../model/errors.ts';
import type { ConversationEvents } from '../model/events.ts';
import type { ChatMessage } from '../model/message.ts';
import type { Emitter } from '../support/emitter.ts';
import type { ServerClock } from '../support/server-clock.ts';
import type { HttpApi } from '../transport/http-api.ts';

export interface LinkPorts {
  readonly clock: Pick<ServerClock, 'now'>;
  readonly http: Pick<HttpApi, 'call'>;
}

/** The message's conversation. */
export interface LinkedConversation {
  readonly events: Pick<Emitter<ConversationEvents>, 'on'>;
  resolve(): Promise<string>;
}

/** A link that is handed out works for this long at least. The server's work for 5 to 10 minutes (IM-FILE-3). */
const MARGIN_MS = 60_000;

type Answer = Promise<readonly AttachmentLink[]>;

/** The links of each message, by seq. One request serves all files of a message, and all who ask for them at once. */
const known = new WeakMap<LinkedConversation, Map<number, Answer>>();

/** The links to one file of a message, from what is known or from the server. */
export async function attachmentLink(
  ports: LinkPorts,
  conversation: LinkedConversation,
  message: ChatMessage,
  attachmentId: string,
): Promise<AttachmentLink> {
  const { content, seq } = message;
  const attachment =
    content.type === 'file'
      ? content.attachments.find((one) => one.attachmentId === attachmentId)
      : undefined;
  // The server would refuse it, and a browser reports each refusal on its console.
  if (seq === undefined || attachment === undefined || attachment.removed === true)
    throw missing(attachmentId);
  const link = (await linksOf(ports, conversation, seq)).find((one) => one.attachmentId === attachmentId);
  if (link === undefined) throw missing(attachmentId);
  return link;
}

async function linksOf(ports: LinkPorts, conversation: LinkedConversation, seq: number): Answer {
  const links = known.get(conversation) ?? begin(conversation);
  const earlier = links.get(seq);
  if (earlier !== undefined && isFresh(await earlier, ports.clock.now())) return earlier;
  // Another caller may have asked meanwhile.
  const newest = links.get(seq);
  if (newest !== undefined && newest !== earlier) return newest;
  const asked = ask(ports, conversation, seq);
  links.set(seq, asked);
  asked.catch(() => links.get(seq) === asked && links.delete(seq));
  return asked;
}

/** A recall, an erasure, and the removal of a file end the links. */
function begin(conversation: LinkedConversation): Map<number, Answer> {
  const links = new Map<number, Answer>();
  known.set(conversation, links);
  conversation.events.on('changed', ({ message }) => links.delete(message.seq ?? 0));
  return links;
}

async function ask({ http }: LinkPorts, conversation: LinkedConversation, seq: number): Answer {
  const id = encodeURIComponent(await conversation.resolve());
  const path = `/conversations/${id}/messages/${seq}/attachments`;
  return (await http.call<AttachmentsBody>('GET', path)).attachments;
}

function isFresh(links: readonly AttachmentLink[], nowMs: number): boolean {
  return links.every(({ expiresAt }) => expiresAt - MARGIN_MS > nowMs);
}

function missing(attachmentId: string): ImError {
  return new ImError('not_found', `no file ${attachmentId} in this message`, { retryable: false });
}
