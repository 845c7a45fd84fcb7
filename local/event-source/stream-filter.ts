import { isRecord } from '../json.ts';

/**
 * Whether a record matches a pattern of `FilterCriteria`: one of the comparison operators that Lambda documents, at each leaf.
 * A number of DynamoDB is text in a record, so `numeric` never matches one.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
 */
export function matchesPattern(pattern: unknown, record: unknown): boolean {
  if (!isRecord(pattern)) throw new Error(`A filter pattern is an object, not ${JSON.stringify(pattern)}.`);
  return Object.entries(pattern).every(([name, rule]) => {
    if (name === '$or' && Array.isArray(rule)) return rule.some((each) => matchesPattern(each, record));
    const value = isRecord(record) ? record[name] : undefined;
    return Array.isArray(rule) ? rule.some((each) => matchesRule(each, value)) : matchesPattern(rule, value);
  });
}

function matchesRule(rule: unknown, value: unknown): boolean {
  if (!isRecord(rule)) return value === rule;
  const [operator = '', operand] = Object.entries(rule)[0] ?? [];
  const matches = OPERATORS[operator];
  if (matches === undefined) throw new Error(`Lambda's filters have no operator "${operator}".`);
  return matches(operand, value);
}

const OPERATORS: Readonly<Record<string, (operand: unknown, value: unknown) => boolean>> = {
  // Of a leaf only: for Lambda, an attribute such as {"N": "5"} is an object, which has no existence of its own.
  exists: (operand, value) => (operand === true) === (value !== undefined && !isRecord(value)),
  prefix: (operand, value) => typeof value === 'string' && value.startsWith(String(operand)),
  suffix: (operand, value) => typeof value === 'string' && value.endsWith(String(operand)),
  'equals-ignore-case': (operand, value) =>
    typeof value === 'string' && value.toLowerCase() === String(operand).toLowerCase(),
  'anything-but': (operand, value) =>
    value !== undefined && !isRecord(value) && ![operand].flat().includes(value),
  numeric: (operand, value) =>
    typeof value === 'number' &&
    Array.isArray(operand) &&
    pairsOf(operand).every((pair) => holds(pair, value)),
};

function pairsOf(list: readonly unknown[]): readonly (readonly [unknown, number])[] {
  return Array.from({ length: list.length / 2 }, (_, n) => [list[2 * n], Number(list[2 * n + 1])] as const);
}

function holds([sign, bound]: readonly [unknown, number], value: number): boolean {
  if (sign === '=') return value === bound;
  if (sign === '<') return value < bound;
  if (sign === '<=') return value <= bound;
  return sign === '>' ? value > bound : value >= bound;
}
