import { USER_ID, USER_ID_RULE } from '../../../protocol/ids.ts';
import { LIMITS } from '../../../protocol/limits.ts';

/** Parses user ids separated by spaces, commas, semicolons, or line breaks; drops repeats. */
export function parsePeople(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((name) => name !== ''))];
}

/** Why these can't be a conversation's other users, in one sentence about all of them; undefined if they can. */
export function whyNot(people: readonly string[], self?: string): string | undefined {
  if (people.length === 0) return 'Enter at least one name.';
  const malformed = people.filter((name) => !USER_ID.test(name));
  if (malformed.length > 0) return `${list(malformed)}. A name has ${USER_ID_RULE}.`;
  if (self !== undefined && people.includes(self)) return 'Leave out your own name.';
  if (people.length > LIMITS.membersPerRequest)
    return `Enter at most ${LIMITS.membersPerRequest} names at a time.`;
  return undefined;
}

const conjunction = new Intl.ListFormat('en', { type: 'conjunction' });

function list(names: readonly string[]): string {
  const quoted = names.slice(0, 3).map((name) => `“${name}”`);
  const all = conjunction.format(names.length > 3 ? [...quoted, `${names.length - 3} more`] : quoted);
  return `${all} ${names.length === 1 ? 'is not a user name' : 'are not user names'}`;
}
