import { readFileSync } from 'node:fs';

/** Objects with keys from the request: only the types of their values are compared. */
const OPEN_MAPS =
  /(^|\.)(headers|multiValueHeaders|queryStringParameters|multiValueQueryStringParameters|pathParameters|claims|authorizer)$/;

export function readCapture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/aws-events/${name}.json`, import.meta.url), 'utf8'));
}

/**
 * Lists the places where an event differs in shape (keys, types of values) from a captured one. `tolerated` maps places
 * that may differ to the reason; a tolerated place that does not differ is reported too, so that none becomes stale.
 */
export function shapeDifferences(
  actual: unknown,
  captured: unknown,
  tolerated: Readonly<Record<string, string>> = {},
): string[] {
  const found = compare(actual, captured, '');
  const unexpected = found
    .filter(({ path }) => !(path in tolerated))
    .map(({ path, what }) => `${path}: ${what}`);
  const stale = Object.keys(tolerated).filter(
    (path) => !found.some((difference) => difference.path === path),
  );
  return [...unexpected, ...stale.map((path) => `${path}: tolerated, but doesn't differ`)];
}

interface Difference {
  readonly path: string;
  readonly what: string;
}

function compare(actual: unknown, captured: unknown, path: string): Difference[] {
  const [actualType, capturedType] = [typeOf(actual), typeOf(captured)];
  if (actualType !== capturedType) return [{ path, what: `${actualType} instead of ${capturedType}` }];
  if (actualType === 'array') return compareMembers(actual, captured, path);
  if (actualType !== 'object') return [];
  if (path !== '' && OPEN_MAPS.test(path) && !path.endsWith('requestContext.authorizer')) {
    return compareMembers(actual, captured, path);
  }
  const [left, right] = [toRecord(actual), toRecord(captured)];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
    compare(left[key], right[key], path === '' ? key : `${path}.${key}`),
  );
}

/** Compares every element with the captured ones. */
function compareMembers(actual: unknown, captured: unknown, path: string): Difference[] {
  const [model] = Object.values(toRecord(captured));
  if (model === undefined) return [];
  return Object.entries(toRecord(actual)).flatMap(([key, value]) => compare(value, model, `${path}.${key}`));
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function typeOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
