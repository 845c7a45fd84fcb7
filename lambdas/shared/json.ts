import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { LIMITS } from '../../protocol/limits.ts';
import { BadFrameError, InvalidRequestError } from './errors.ts';

/**
 * Parses any JSON. Its error is safe to log, unlike the engine's, which quotes the input (IM-REFUSE-11).
 * @throws {InvalidRequestError} not JSON
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidRequestError([{ path: '', message: 'is not JSON' }]);
  }
}

/**
 * Parses the JSON object of a frame or an HTTP body.
 * @throws {BadFrameError} not JSON, not an object, or nested deeper than 32 including the object itself (IM-FRAME-3)
 */
export function parseJsonObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadFrameError('Not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadFrameError('Not a JSON object.');
  requireShallow(value);
  return value as Record<string, unknown>;
}

/**
 * Checks a decoded value level by level, without recursion and before anything recurses over it: a decoder takes any
 * depth, and `JSON.stringify` of 20,000 levels overflows the stack.
 * @throws {BadFrameError} nested deeper than 32, including the value itself (IM-FRAME-3)
 */
export function requireShallow(value: object): void {
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > LIMITS.maxDepth) throw new BadFrameError(`Nested deeper than ${LIMITS.maxDepth}.`);
    level = level.flatMap((parent) => Object.values(parent).filter(isObject));
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Canonical JSON by RFC 8785: equal values have equal text, and so equal hashes (IM-SEND-2).
 * @throws {InvalidRequestError} a value that not all clients can read: lone surrogates, numbers beyond a double
 */
export function canonicalJson(value: unknown, path: string): string {
  try {
    return canonicalize(value) ?? 'null';
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : 'is not JSON';
    throw new InvalidRequestError([{ path, message }], { cause });
  }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
