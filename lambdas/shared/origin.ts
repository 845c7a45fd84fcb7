/**
 * A browser names the page's origin and can't be made to lie; a native client names none (IM-CONN-2). `*` in the list
 * allows every page.
 */
export function isAllowedOrigin(origin: string | undefined, allowed: readonly string[]): boolean {
  return origin === undefined || allowed.includes('*') || allowed.includes(origin);
}
