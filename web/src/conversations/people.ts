import { USER_ID } from '../shell/selection.ts';

/** Parses user ids separated by spaces, commas, semicolons, or line breaks; drops repeats. */
export function parsePeople(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((name) => name !== ''))];
}

/** Why these users can't start a conversation; undefined if they can. */
export function whyNot(people: readonly string[], self: string | undefined): string | undefined {
  const malformed = people.find((name) => !USER_ID.test(name));
  if (people.length === 0) return 'Enter at least one name.';
  if (malformed !== undefined) return `${malformed} is not a valid user name.`;
  if (self !== undefined && people.includes(self)) return 'Leave out your own name.';
  return undefined;
}
