/** Times in the reader's language and time zone. */

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const weekdayLong = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const dayAndMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayAndMonthLong = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long' });
const withYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'narrow' });

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export function clockTime(atMs: number): string {
  return time.format(atMs);
}

export function fullTime(atMs: number): string {
  return full.format(atMs);
}

/** Short enough for a list: "now", "5 min. ago", "14:03", "Mon", "3 Mar", "3 Mar 2025". */
export function briefly(atMs: number, nowMs: number): string {
  // The server's clock may be a little ahead.
  const agoMs = Math.max(0, nowMs - atMs);
  if (agoMs < MINUTE_MS) return relative.format(0, 'second');
  if (agoMs < 60 * MINUTE_MS) return relative.format(-Math.floor(agoMs / MINUTE_MS), 'minute');
  const days = daysBetween(atMs, nowMs);
  if (days === 0) return time.format(atMs);
  if (days === 1) return relative.format(-1, 'day');
  if (days < 7) return weekday.format(atMs);
  return isSameYear(atMs, nowMs) ? dayAndMonth.format(atMs) : withYear.format(atMs);
}

/** For the separator between days: "Today", "Yesterday", "Monday", "3 March". */
export function dayName(atMs: number, nowMs: number): string {
  const name = dayNameWithin(atMs, nowMs);
  return name.charAt(0).toLocaleUpperCase() + name.slice(1);
}

function dayNameWithin(atMs: number, nowMs: number): string {
  const days = daysBetween(atMs, nowMs);
  if (days <= 1) return relative.format(-Math.max(0, days), 'day');
  if (days < 7) return weekdayLong.format(atMs);
  return isSameYear(atMs, nowMs) ? dayAndMonthLong.format(atMs) : withYear.format(atMs);
}

export function isSameDay(aMs: number, bMs: number): boolean {
  return startOfDay(aMs) === startOfDay(bMs);
}

function isSameYear(aMs: number, bMs: number): boolean {
  return new Date(aMs).getFullYear() === new Date(bMs).getFullYear();
}

/** By the calendar. Days of 23 and 25 hours round to one. */
function daysBetween(atMs: number, nowMs: number): number {
  return Math.round((startOfDay(nowMs) - startOfDay(atMs)) / DAY_MS);
}

function startOfDay(atMs: number): number {
  return new Date(atMs).setHours(0, 0, 0, 0);
}
