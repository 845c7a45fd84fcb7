import type { Virtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { ListRow } from './list-rows.ts';

/** A message to show: each new object is a new request. */
export interface Jump {
  readonly seq: number;
}

/** How long the message that was jumped to is marked. */
const MARKED_MS = 2_500;

/**
 * Scrolls to the wanted message once it is among the rows, and gives it the focus.
 * @returns the key of its row while that is marked
 */
export function useJump(
  virtualizer: Virtualizer<HTMLElement, HTMLLIElement>,
  rows: readonly ListRow[],
  jump: Jump | undefined,
): string | undefined {
  const done = useRef<Jump>(undefined);
  const [found, setFound] = useState<{ readonly key: string }>();
  useLayoutEffect(() => {
    if (jump === undefined || done.current === jump) return;
    const index = rows.findIndex((row) => row.kind === 'message' && row.message.seq === jump.seq);
    const row = rows[index];
    if (row === undefined) return;
    done.current = jump;
    virtualizer.scrollToIndex(index, { align: 'center' });
    setFound({ key: row.key });
  }, [virtualizer, rows, jump]);
  useEffect(() => {
    if (found === undefined) return;
    const timer = setTimeout(() => setFound(undefined), MARKED_MS);
    return () => clearTimeout(timer);
  }, [found]);
  const item = virtualizer.getVirtualItems().find(({ key }) => key === found?.key);
  const index = item?.index;
  useEffect(() => {
    if (index === undefined) return;
    const place = `[data-index="${index}"]`;
    virtualizer.scrollElement?.querySelector<HTMLElement>(place)?.focus({ preventScroll: true });
  }, [virtualizer, index]);
  return found?.key;
}
