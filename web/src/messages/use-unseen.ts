import { useEffect, useState } from 'react';
import type { ListRow } from './list-rows.ts';

/** How many messages of others are below what the user has seen, since the end of the list was last in sight. */
export function useUnseen(rows: readonly ListRow[], isEndSeen: boolean): number {
  const [seenSeq, setSeenSeq] = useState<number>();
  const lastSeq = rows.reduce((last, row) => (row.kind === 'message' ? (row.message.seq ?? last) : last), 0);
  useEffect(() => {
    if (isEndSeen) setSeenSeq(lastSeq);
  }, [isEndSeen, lastSeq]);
  return isEndSeen ? 0 : unseenOf(rows, seenSeq);
}

/** @param seenSeq undefined if the end has not been in sight yet: then those below the first unread one count */
export function unseenOf(rows: readonly ListRow[], seenSeq: number | undefined): number {
  const unread = rows.findIndex(({ kind }) => kind === 'unread');
  if (seenSeq === undefined && unread < 0) return 0;
  const below = seenSeq === undefined ? rows.slice(unread) : rows;
  return below.filter((row) => row.kind === 'message' && isNew(row.message, seenSeq ?? 0)).length;
}

function isNew({ mine, seq }: { readonly mine: boolean; readonly seq: number | undefined }, above: number) {
  return !mine && seq !== undefined && seq > above;
}
