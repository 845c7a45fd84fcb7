/** How long a member waits between two messages, in words. */
export function durationOf(seconds: number): string {
  if (seconds % 3_600 === 0) return plural(seconds / 3_600, 'hour');
  return seconds % 60 === 0 ? plural(seconds / 60, 'minute') : plural(seconds, 'second');
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
