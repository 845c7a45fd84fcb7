import type { Group } from '@serverless-im/client';
import { useCallback, useEffect, useState } from 'react';
import { useIm } from '../session/client-context.ts';

export interface UseMembers {
  readonly members: readonly string[];
  readonly hasMore: boolean;
  loadMore(): void;
}

/** The members of a group, page by page; from the first page again when the group changes. */
export function useMembers(group: Group): UseMembers {
  const im = useIm();
  const { conversationId } = group;
  const [members, setMembers] = useState<readonly string[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const load = useCallback(
    async (from?: string) => {
      const page = await im.groups.members(conversationId, from);
      const ids = page.members.map(({ userId }) => userId);
      setMembers((known) => (from === undefined ? ids : [...known, ...ids]));
      setCursor(page.cursor);
    },
    [im, conversationId],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed group has different members
  useEffect(() => {
    load().catch(() => {});
  }, [load, group]);
  const loadMore = () => {
    if (cursor !== null) load(cursor).catch(() => {});
  };
  return { members, hasMore: cursor !== null, loadMore };
}
