import { USER_ID } from '../shell/selection.ts';

/** User ids as somebody writes them down: separated by spaces, commas, or lines; each once. */
export function parsePeople(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((name) => name !== ''))];
}

/** Why no conversation can be had with these, if so. */
export function whyNot(people: readonly string[], self: string | undefined): string | undefined {
  const malformed = people.find((name) => !USER_ID.test(name));
  if (people.length === 0) return 'Write at least one name.';
  if (malformed !== undefined) return `${malformed} can't be a user's name.`;
  if (self !== undefined && people.includes(self)) return 'That includes yourself: leave it out.';
  return undefined;
}
