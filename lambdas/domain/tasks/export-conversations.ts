import { EXPORT_DAYS } from '../../shared/export-keys.ts';
import { settleAll } from '../../shared/settle.ts';
import { filesOf, sentKey } from '../model/attachment.ts';
import type { Head, Membership } from '../model/conversation.ts';
import { type ChangePosition, type StoredMessage, toMessage } from '../model/message.ts';
import { shownSettings } from '../model/settings.ts';
import type { TrailEntry } from '../model/task.ts';
import { volumeOf } from '../model/volume.ts';
import type { Line, Section, SectionPage, SectionPorts } from './export-section.ts';

/** Conversations whose heads and pins are read at once. */
const ENTRIES = 20;
/** Conversations whose messages are read at once: 1 MB each. */
const AT_ONCE = 5;
const MESSAGES = 200;
/** Messages whose reactions are read at once. */
const CHANGES = 100;

/** A conversation whose messages, and then reactions, are still to be read. */
interface Open {
  readonly conversationId: string;
  /** The volumes that the messages may be in: from here. */
  readonly volume: number;
  readonly lastVolume: number;
  readonly after?: string | undefined;
  /** Those in which a message has changed: a message with reactions has. */
  readonly changed: readonly number[];
  /** Set after the last message. */
  readonly reactions?: { readonly after?: ChangePosition | undefined };
}

interface Position {
  /** The last entry of the trail that was read. */
  readonly after: string | undefined;
  readonly hasMore: boolean;
  readonly open: readonly Open[];
}

/** Every conversation that the user is or was in, and what the user did there. */
export const conversations: Section = {
  name: 'conversations',
  async read(ports, userId, at) {
    const position = at as unknown as Position | undefined;
    if (position === undefined || position.open.length === 0)
      return readTrail(ports, userId, position?.after);
    const { open, ...rest } = position;
    const pages = await settleAll(open.slice(0, AT_ONCE).map((one) => readOpen(ports, userId, one)));
    const left = [...pages.flatMap(({ next }) => next ?? []), ...open.slice(AT_ONCE)];
    return pageOf(
      pages.flatMap(({ lines }) => lines),
      { ...rest, open: left },
    );
  },
};

function pageOf(lines: readonly Line[], position: Position): SectionPage {
  const isFinished = position.open.length === 0 && !position.hasMore;
  return { lines, next: isFinished ? undefined : { ...position } };
}

async function readTrail(
  ports: SectionPorts,
  userId: string,
  after: string | undefined,
): Promise<SectionPage> {
  const { entries, hasMore } = await ports.trail.page(userId, after, ENTRIES);
  const found = await withoutRepeats(ports, userId, entries);
  const ids = found.map(({ conversationId }) => conversationId);
  const [heads, ...pinLists] = await settleAll([
    ids.length === 0 ? new Map<string, Head>() : ports.conversations.heads(ids),
    ...ids.map((id) => ports.pins.pins(id)),
  ]);
  const lines = found.flatMap((entry, index) => {
    const { conversationId } = entry;
    const own = (pinLists[index]?.pins ?? []).filter(({ by }) => by === userId);
    return [
      conversationLine(userId, entry, heads.get(conversationId), ports.clock()),
      ...own.map(({ seq, at }) => ({ kind: 'pin', conversationId, seq, at })),
    ];
  });
  const open = ids.map((conversationId) => openOf(conversationId, heads.get(conversationId)));
  return pageOf(lines, { after: entries.at(-1)?.after ?? after, hasMore, open });
}

/** One who left a conversation and came back has its membership, which comes later in the trail. */
async function withoutRepeats(
  { conversations: reader }: SectionPorts,
  userId: string,
  entries: readonly TrailEntry[],
): Promise<readonly TrailEntry[]> {
  const last = new Map(entries.map((entry) => [entry.conversationId, entry]));
  const departed = [...last.values()].flatMap(({ conversationId, leftAtMs }) =>
    leftAtMs === undefined ? [] : [conversationId],
  );
  const back = departed.length === 0 ? [] : await reader.membershipsIn(userId, departed);
  for (const { conversationId } of back) last.delete(conversationId);
  return [...last.values()];
}

function openOf(conversationId: string, head: Head | undefined): Open {
  const lastVolume = volumeOf(head?.seq ?? 0);
  return { conversationId, volume: 0, lastVolume, changed: [...(head?.changes?.keys() ?? [])] };
}

function conversationLine(
  userId: string,
  { conversationId, leftAtMs, membership }: TrailEntry,
  head: Head | undefined,
  nowMs: number,
): Line {
  const { chat } = head ?? {};
  return {
    kind: 'conversation',
    conversationId,
    ...(leftAtMs !== undefined && { leftAt: leftAtMs }),
    ...(membership && membershipFacts(membership, head, nowMs)),
    ...(chat?.customer === userId && {
      chat: {
        queue: chat.queue,
        state: chat.state,
        ...(chat.topic !== undefined && { topic: chat.topic }),
        ...(chat.rating !== undefined && { rating: chat.rating }),
        openedAt: chat.openedAtMs,
        ...(chat.closedAtMs !== undefined && { closedAt: chat.closedAtMs }),
      },
    }),
  };
}

function membershipFacts({ readSeq, settings }: Membership, head: Head | undefined, nowMs: number): object {
  const last = head === undefined || head.seq === 0 ? undefined : { seq: head.seq, sentAt: head.atMs };
  return { readSeq, ...(settings && { settings: shownSettings(settings, last, nowMs) }) };
}

interface OpenPage {
  readonly lines: readonly Line[];
  readonly next: Open | undefined;
}

async function readOpen(ports: SectionPorts, userId: string, open: Open): Promise<OpenPage> {
  if (open.reactions !== undefined) return readReactions(ports, userId, open, open.reactions.after);
  const { after, volume, lastVolume } = open;
  const { messages, next } = await ports.erasure.written(open, userId, {
    after,
    limit: MESSAGES,
  });
  // The reactions are those of other users.
  const own = messages.map((message) => {
    const { reactions: _, pinned: __, ...rest } = toMessage(message);
    return { kind: 'message', ...rest };
  });
  const files = await settleAll(messages.map((message) => fileLines(ports, message)));
  const lines = [...own, ...files.flat()];
  if (next !== undefined) return { lines, next: { ...open, after: next } };
  if (volume < lastVolume) return { lines, next: { ...open, after: undefined, volume: volume + 1 } };
  return { lines, next: open.changed.length === 0 ? undefined : { ...open, reactions: {} } };
}

/** As long as the bucket keeps the export. A link ends earlier, with the credentials of the function. */
const LINK_SECONDS = EXPORT_DAYS * 86_400;

/** The files of a message (IM-FILE-7): where they are, and links to them. */
async function fileLines(
  { attachmentLinks, clock }: SectionPorts,
  message: StoredMessage,
): Promise<readonly Line[]> {
  const files = filesOf(message);
  if (attachmentLinks === undefined || files === undefined) return [];
  const { conversationId, seq } = message;
  const there = files.attachments.filter(({ removed }) => removed !== true);
  return settleAll(
    there.map(async ({ attachmentId, name }) => {
      const object = sentKey(message, attachmentId);
      const facts = { name, type: 'application/octet-stream', disposition: 'attachment' } as const;
      const link = await attachmentLinks.linkTo(object, facts, clock(), LINK_SECONDS);
      return { kind: 'file', conversationId, seq, attachmentId, name, object, link };
    }),
  );
}

async function readReactions(
  { messages, reactions }: SectionPorts,
  userId: string,
  open: Open,
  after: ChangePosition | undefined,
): Promise<OpenPage> {
  const { conversationId, changed: volumes } = open;
  const page = await messages.changed(conversationId, { volumes, sinceMs: 0, after, limit: CHANGES });
  const reacted = page.messages.filter((message) => message.reactions !== undefined);
  const byMessage = reacted.length === 0 ? new Map() : await reactions.ofUser(userId, reacted);
  const lines = reacted.flatMap(({ seq, messageId }) =>
    [...(byMessage.get(messageId) ?? [])].map((name) => ({ kind: 'reaction', conversationId, seq, name })),
  );
  return { lines, next: page.next && { ...open, reactions: { after: page.next } } };
}
