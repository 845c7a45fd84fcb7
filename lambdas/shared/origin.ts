/**
 * A browser always sends the page's true origin; a native client sends none, and is allowed (IM-CONN-2). `*` in the list
 * allows every origin.
 */
export function isAllowedOrigin(origin: string | undefined, allowed: readonly string[]): boolean {
  return origin === undefined || allowed.includes('*') || allowed.includes(origin);
}
