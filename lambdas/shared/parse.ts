import * as z from 'zod/mini';
import type { Issue } from '../../protocol/frames.ts';
import { InvalidRequestError } from './errors.ts';

/** @throws {InvalidRequestError} with every issue that the schema finds (IM-FRAME-3) */
export function parseWith<Schema extends z.ZodMiniType>(
  schema: () => Schema,
  value: unknown,
): z.output<Schema> {
  const result = z.safeParse(schema(), value);
  if (result.success) return result.data;
  throw new InvalidRequestError(result.error.issues.map(toIssue));
}

function toIssue(issue: z.core.$ZodIssue): Issue {
  return { path: issue.path.join('.'), message: issue.message };
}
