import { useEffect, useState } from 'react';

/** Whether `isSo` has been true for this long, and `of` the same all the time. */
export function useSince(isSo: boolean, afterMs: number, of?: unknown): boolean {
  const [isDue, setIsDue] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another `of` starts again
  useEffect(() => {
    if (!isSo) return;
    const timer = setTimeout(() => setIsDue(true), afterMs);
    return () => {
      clearTimeout(timer);
      setIsDue(false);
    };
  }, [isSo, afterMs, of]);
  return isSo && isDue;
}
