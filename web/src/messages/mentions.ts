import type { ChatMessage, Mentions } from '@serverless-im/client';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Piece } from './links.ts';

/** `@` and what may be a user id, not inside a word or an address. */
const NAME = /(?<![\w.@|+=-])@([\w.@|+=-]{1,64})/g;
/** The same, being typed: up to the caret. */
const TYPED = /(?<![\w.@|+=-])@([\w.@|+=-]{0,64})$/;

/** Mentions all members. */
export const ALL = 'all';

/** The users who can be mentioned. */
export interface Audience {
  /** Whether this is a member, as far as this page knows. */
  has(name: string): boolean;
  /** There are no other members. */
  readonly isComplete: boolean;
  /** Whether `@all` mentions all members; otherwise it is text. */
  readonly mayMentionAll: boolean;
}

/** The users that a text mentions. While some members are unknown, the server and its readers decide who is a member. */
export function mentionsOf(text: string, audience: Audience): Mentions | undefined {
  const names = new Set<string>();
  for (const [, token = ''] of text.matchAll(NAME)) {
    const readings = readingsOf(token);
    if (audience.mayMentionAll && readings.includes(ALL)) return ALL;
    const shortest = readings.at(-1);
    const guess = audience.isComplete || shortest === ALL ? undefined : shortest;
    const name = readings.find((reading) => audience.has(reading)) ?? guess;
    if (name !== undefined) names.add(name);
  }
  return names.size === 0 ? undefined : [...names].slice(0, LIMITS.mentions);
}

/** The mentions of a message after an edit of its text. Users whom it mentioned without a name in the text stay mentioned. */
export function editedMentions(
  { mentions }: Pick<ChatMessage, 'mentions'>,
  before: string,
  text: string,
  audience: Audience,
): Mentions | undefined {
  const named = new Set([...before.matchAll(NAME)].flatMap(([, token = '']) => readingsOf(token)));
  if (mentions === ALL && !named.has(ALL)) return ALL;
  const original = mentions === undefined || mentions === ALL ? [] : mentions;
  const now = mentionsOf(text, {
    isComplete: audience.isComplete,
    has: (name) => audience.has(name) || original.includes(name),
    mayMentionAll: audience.mayMentionAll || mentions === ALL,
  });
  if (now === ALL) return now;
  const all = new Set([...original.filter((name) => !named.has(name)), ...(now ?? [])]);
  return all.size === 0 ? undefined : [...all].slice(0, LIMITS.mentions);
}

export interface NamedPiece extends Piece {
  /** The user or users that this part mentions. */
  readonly name?: string;
}

/** The parts of a text, with each mention as a part of its own. */
export function namedPieces({ at, text }: Piece, mentions: Mentions | undefined): readonly NamedPiece[] {
  if (mentions === undefined) return [{ at, text }];
  const names: readonly string[] = mentions === ALL ? [ALL] : mentions;
  const pieces: NamedPiece[] = [];
  let end = 0;
  for (const { 1: token = '', index } of text.matchAll(NAME)) {
    const name = readingsOf(token).find((reading) => names.includes(reading));
    if (name === undefined) continue;
    if (index > end) pieces.push({ at: at + end, text: text.slice(end, index) });
    pieces.push({ at: at + index, text: `@${name}`, name });
    end = index + 1 + name.length;
  }
  if (end < text.length) pieces.push({ at: at + end, text: text.slice(end) });
  return pieces;
}

/** The name that is being typed before the caret. */
export interface TypedName {
  /** Where its `@` is. */
  readonly at: number;
  /** The typed text after it. */
  readonly start: string;
}

export function typedName(text: string, caret: number): TypedName | undefined {
  const [found, start = ''] = TYPED.exec(text.slice(0, caret)) ?? [];
  return found === undefined ? undefined : { at: caret - found.length, start };
}

/** A user id may end with a sign that also ends a sentence: the longer reading comes first. */
function readingsOf(token: string): readonly string[] {
  const readings = [token];
  for (let rest = token; /[.@|+=-]$/.test(rest); readings.push(rest)) rest = rest.slice(0, -1);
  return readings.filter((reading) => reading !== '');
}
