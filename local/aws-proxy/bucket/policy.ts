import { parseJson, recordOf } from '../../json.ts';
import { bucketError, denial } from '../refusal.ts';
import type { Answer } from '../upstream.ts';

/** The policy document of a form, as S3 reads it. */
export interface Policy {
  readonly expiresAtMs: number;
  readonly conditions: readonly Condition[];
  /** Bytes of the file. */
  readonly sizes: { readonly min: number; readonly max: number };
}

interface Condition {
  readonly kind: 'eq' | 'starts-with';
  /** In lower case. */
  readonly field: string;
  readonly value: string;
}

/** Fields of a form that no condition needs to name, and those that begin with x-ignore-. */
const FREE_FIELDS = new Set(['policy', 'x-amz-signature', 'file']);
/** S3 takes 5 GB by a form. */
const MAX_BYTES = 5 * 1024 ** 3;

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 * @returns S3's refusal if it is no policy
 */
export function parsePolicy(base64: string): Policy | Answer {
  const { expiration, conditions } = recordOf(parseJson(Buffer.from(base64, 'base64').toString()));
  const expiresAtMs = typeof expiration === 'string' ? Date.parse(expiration) : Number.NaN;
  if (Number.isNaN(expiresAtMs) || !Array.isArray(conditions)) return noPolicy('Invalid JSON.');
  const parsed = conditions.flatMap((one: unknown) => (isSize(one) ? [] : conditionsOf(one)));
  if (parsed.includes(undefined)) return noPolicy('Invalid condition.');
  const [, min = 0, max = MAX_BYTES] = (conditions.find(isSize) ?? []).map(Number);
  return { expiresAtMs, conditions: parsed.filter((one) => one !== undefined), sizes: { min, max } };
}

function noPolicy(reason: string): Answer {
  return bucketError(400, 'InvalidPolicyDocument', `Invalid Policy: ${reason}`);
}

function isSize(condition: unknown): condition is readonly unknown[] {
  return Array.isArray(condition) && condition[0] === 'content-length-range';
}

function conditionsOf(condition: unknown): readonly (Condition | undefined)[] {
  if (Array.isArray(condition)) {
    const [kind, name, value] = condition.map(String);
    const isKnown = (kind === 'eq' || kind === 'starts-with') && name?.startsWith('$') === true;
    return [isKnown ? { kind, field: name.slice(1).toLowerCase(), value: value ?? '' } : undefined];
  }
  return Object.entries(recordOf(condition)).map(([name, value]) => ({
    kind: 'eq',
    field: name.toLowerCase(),
    value: String(value),
  }));
}

/** S3's refusal of a form whose fields are not those of its policy, or that comes too late. */
export function policyRefusal(
  { expiresAtMs, conditions }: Policy,
  fields: ReadonlyMap<string, string>,
  bucket: string,
  nowMs: number,
): Answer | undefined {
  if (nowMs >= expiresAtMs) return violation('Policy expired.');
  const failed = conditions.find(({ kind, field, value }) => {
    const given = field === 'bucket' ? bucket : (fields.get(field) ?? '');
    return kind === 'eq' ? given !== value : !given.startsWith(value);
  });
  if (failed !== undefined) {
    const condition = JSON.stringify([failed.kind, `$${failed.field}`, failed.value]);
    return violation(`Policy Condition failed: ${condition}`);
  }
  const named = new Set(conditions.map(({ field }) => field));
  const extra = [...fields.keys()].filter(
    (name) => !FREE_FIELDS.has(name) && !name.startsWith('x-ignore-') && !named.has(name),
  );
  return extra.length === 0 ? undefined : violation(`Extra input fields: ${extra.join(', ')}`);
}

function violation(reason: string): Answer {
  return denial('s3', `Invalid according to Policy: ${reason}`);
}

/** S3's refusal of a file of another size. */
export function sizeRefusal({ min, max }: Policy['sizes'], bytes: number): Answer | undefined {
  if (bytes > max)
    return bucketError(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  if (bytes < min)
    return bucketError(
      400,
      'EntityTooSmall',
      'Your proposed upload is smaller than the minimum allowed size',
    );
  return undefined;
}
