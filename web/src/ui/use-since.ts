import { useEffect, useState } from 'react';

/** Whether `isSo` has been true for this long. */
export function useSince(isSo: boolean, afterMs: number): boolean {
  const [isDue, setIsDue] = useState(false);
  useEffect(() => {
    if (!isSo) return;
    const timer = setTimeout(() => setIsDue(true), afterMs);
    return () => {
      clearTimeout(timer);
      setIsDue(false);
    };
  }, [isSo, afterMs]);
  return isSo && isDue;
}
