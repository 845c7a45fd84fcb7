/** Limits how often this instance passes on the same thing. */
export interface LiveLimit {
  /** Returns false if this key was admitted less than the interval ago. */
  admits(key: string, nowMs: number): boolean;
}

/** Keeps only the keys of the last interval: there can't be many in one instance. */
export function createLiveLimit(intervalMs: number): LiveLimit {
  /** Oldest first. */
  const admittedAtMs = new Map<string, number>();
  return {
    admits(key, nowMs) {
      for (const [old, atMs] of admittedAtMs) {
        // A clock that was set back must not keep them for ever.
        if (Math.abs(nowMs - atMs) < intervalMs) break;
        admittedAtMs.delete(old);
      }
      if (admittedAtMs.has(key)) return false;
      admittedAtMs.set(key, nowMs);
      return true;
    },
  };
}
