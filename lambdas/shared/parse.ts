import * as z from 'zod/mini';
import type { Issue } from '../../protocol/frames.ts';
import { InvalidRequestError } from './errors.ts';

/** @throws {InvalidRequestError} with every issue that the schema finds (IM-FRAME-3) */
export function parseWith<Schema extends z.ZodMiniType>(
  schema: () => Schema,
  value: unknown,
): z.output<Schema> {
  const result = z.safeParse(schema(), value, { error: reasonOf });
  if (result.success) return result.data;
  throw new InvalidRequestError(result.error.issues.map(toIssue));
}

function toIssue(issue: z.core.$ZodIssue): Issue {
  return { path: issue.path.join('.'), message: issue.message };
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
};

/** What is wrong where the schema has no words of its own. `zod/mini` has none at all, and its English ones take 3 KB. */
function reasonOf(issue: z.core.$ZodRawIssue): string | undefined {
  const isMissing = issue.input === undefined;
  switch (issue.code) {
    case 'invalid_type':
      return isMissing ? 'is required' : `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return isMissing ? 'is required' : oneOf(issue.values);
    case 'too_small':
      return atMostOrLeast('least', issue.minimum, issue.origin);
    case 'too_big':
      return atMostOrLeast('most', issue.maximum, issue.origin);
    case 'unrecognized_keys':
      return `must not have ${issue.keys.join(', ')}`;
    case 'invalid_union':
      return issue.inclusive !== false && issue.options ? oneOf(issue.options) : eitherOf(issue.errors);
    default:
      return undefined;
  }
}

function atMostOrLeast(bound: 'most' | 'least', limit: number | bigint, origin: string): string {
  const [one, many] = UNITS[origin] ?? [];
  if (one === undefined) return `must be at ${bound} ${limit}`;
  return `must have at ${bound} ${limit} ${limit === 1 ? one : many}`;
}

function oneOf(values: readonly unknown[]): string {
  return `must be ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}`;
}

/** Of simple values, such as a text or a number. */
function eitherOf(errors: readonly (readonly z.core.$ZodIssue[])[]): string | undefined {
  const firsts = errors.flatMap(([first]) => first ?? []);
  const isSimple = firsts.length > 0 && firsts.every(({ path }) => path.length === 0);
  return isSimple ? [...new Set(firsts.map(({ message }) => message))].join(' or ') : undefined;
}
