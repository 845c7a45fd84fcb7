import { useEffect, useState } from 'react';

/** Whether something has been so for this long. */
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
