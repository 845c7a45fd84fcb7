/** The number of unread messages in a badge. The server counts up to 100. */
export function badgeText(unread: number, isAtLeast: boolean): string {
  if (unread >= 100) return '99+';
  return isAtLeast ? `${unread}+` : String(unread);
}
