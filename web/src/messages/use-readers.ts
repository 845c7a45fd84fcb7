import type { ChatMessage, Conversation, GroupReadsPage } from '@serverless-im/client';
import { createContext, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { isChange } from '../groups/use-group.ts';
import { useIm } from '../session/client-context.ts';

type Member = GroupReadsPage['reads'][number];

/** How far the other members have read. */
export interface Readers {
  readonly members: readonly Member[];
  /** There are more pages, or none has been loaded yet. */
  readonly hasMore: boolean;
  loadMore(): void;
}

/**
 * Loads how far the members of a group or support chat have read, and keeps it up to date: pushes report only what happens
 * while this page is connected. In groups of more than 100 members there are none, so there it is the state when loaded.
 */
export function useReaders(conversation: Conversation, isWanted: boolean): Readers {
  const im = useIm();
  const { id = '' } = conversation;
  const [members, setMembers] = useState<readonly Member[]>([]);
  // Kept apart, since a page that was read before a push may arrive after it.
  const [pushed, setPushed] = useState<ReadonlyMap<string, number>>(new Map());
  const [cursor, setCursor] = useState<string | null>();
  const load = useCallback(
    async (from?: string) => {
      const page = await im.groups.reads(id, from);
      setMembers((known) => (from === undefined ? page.reads : [...known, ...page.reads]));
      setCursor(page.cursor);
    },
    [im, id],
  );
  useEffect(() => {
    if (!isWanted) return;
    // Not a member any more, or no network: the message list shows that.
    const reload = () => void load().catch(() => {});
    reload();
    const offs = [
      conversation.on('message', ({ content }) => isChange(content, im.userId) && reload()),
      conversation.on('read', ({ userId, seq }) => setPushed((known) => advance(known, userId, seq))),
      im.on('connection', ({ current }) => current === 'connected' && reload()),
    ];
    return () => {
      for (const off of offs) off();
    };
  }, [im, conversation, isWanted, load]);
  const loadMore = useCallback(() => {
    if (typeof cursor === 'string') load(cursor).catch(() => {});
  }, [load, cursor]);
  const { userId: self } = im;
  const hasMore = cursor !== null;
  return useMemo(
    () => ({
      members: members
        .filter(({ userId }) => userId !== self)
        .map((one) => ({ ...one, seq: Math.max(one.seq, pushed.get(one.userId) ?? 0) })),
      hasMore,
      loadMore,
    }),
    [members, pushed, self, hasMore, loadMore],
  );
}

function advance(
  known: ReadonlyMap<string, number>,
  userId: string,
  seq: number,
): ReadonlyMap<string, number> {
  return seq > (known.get(userId) ?? 0) ? new Map(known).set(userId, seq) : known;
}

const ReadersContext = createContext<Readers | undefined>(undefined);

/** Undefined: the conversation has one other user, whose reading is the message's `state`. */
export const ReadersProvider = ReadersContext.Provider;

/** The members who have read the message, and the others: of those who were members when it was sent. */
export interface ReadBy {
  readonly readers: readonly string[];
  readonly others: readonly string[];
  /** Whether there may be more of both. */
  readonly hasMore: boolean;
  loadMore(): void;
}

/** Undefined where the message's `state` says it all. */
export function useReadBy({ seq, state }: ChatMessage): ReadBy | undefined {
  const all = useContext(ReadersContext);
  if (all === undefined || seq === undefined || state === 'failed') return undefined;
  const audience = all.members.filter(({ joinedSeq }) => joinedSeq < seq);
  const names = (hasRead: boolean) =>
    audience.filter((member) => member.seq >= seq === hasRead).map(({ userId }) => userId);
  return { ...all, readers: names(true), others: names(false) };
}
