/** Times in the reader's language and time zone. */

const formats = (locale?: string) => ({
  time: new Intl.DateTimeFormat(locale, { timeStyle: 'short' }),
  weekday: new Intl.DateTimeFormat(locale, { weekday: 'short' }),
  weekdayLong: new Intl.DateTimeFormat(locale, { weekday: 'long' }),
  dayAndMonth: new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' }),
  dayAndMonthLong: new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long' }),
  withYear: new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' }),
  full: new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' }),
  relative: new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' }),
});
let inLanguage = formats();
let language: string | undefined;

/** Times and sizes are in this language from now on. Returns whether it is one. */
export function setLanguage(locale: string): boolean {
  try {
    inLanguage = formats(locale);
    language = locale;
    return true;
  } catch {
    return false;
  }
}

/** Undefined: the browser's. */
export function languageOfPage(): string | undefined {
  return language;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export function clockTime(atMs: number): string {
  return inLanguage.time.format(atMs);
}

export function fullTime(atMs: number): string {
  return inLanguage.full.format(atMs);
}

/** Short enough for a list: "now", "5 min. ago", "14:03", "Mon", "3 Mar", "3 Mar 2025". */
export function briefly(atMs: number, nowMs: number): string {
  // The server's clock may be a little ahead.
  const agoMs = Math.max(0, nowMs - atMs);
  if (agoMs < MINUTE_MS) return inLanguage.relative.format(0, 'second');
  if (agoMs < 60 * MINUTE_MS) return inLanguage.relative.format(-Math.floor(agoMs / MINUTE_MS), 'minute');
  const days = daysBetween(atMs, nowMs);
  if (days === 0) return inLanguage.time.format(atMs);
  if (days === 1) return inLanguage.relative.format(-1, 'day');
  if (days < 7) return inLanguage.weekday.format(atMs);
  return isSameYear(atMs, nowMs) ? inLanguage.dayAndMonth.format(atMs) : inLanguage.withYear.format(atMs);
}

/** For the separator between days: "Today", "Yesterday", "Monday", "3 March". */
export function dayName(atMs: number, nowMs: number): string {
  const name = dayNameWithin(atMs, nowMs);
  return name.charAt(0).toLocaleUpperCase() + name.slice(1);
}

function dayNameWithin(atMs: number, nowMs: number): string {
  const days = daysBetween(atMs, nowMs);
  if (days <= 1) return inLanguage.relative.format(-Math.max(0, days), 'day');
  if (days < 7) return inLanguage.weekdayLong.format(atMs);
  return isSameYear(atMs, nowMs) ? inLanguage.dayAndMonthLong.format(atMs) : inLanguage.withYear.format(atMs);
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
