import { isRecord, TemplateError } from './template.ts';

/** What intrinsics refer to. Each function throws a `TemplateError` for a name that it doesn't know. */
export interface IntrinsicScope {
  /** `Ref` of a resource, a parameter, or a pseudo parameter (`AWS::Region`). */
  ref(name: string): unknown;
  getAtt(logicalId: string, attribute: string): unknown;
  condition(name: string): unknown;
}

/** The value of a property that `Fn::If` leaves out (`AWS::NoValue`). */
const NO_VALUE = Symbol('AWS::NoValue');

type Resolve = (value: unknown) => unknown;
type Intrinsic = (argument: unknown, resolve: Resolve, scope: IntrinsicScope) => unknown;

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (name, _, scope) => (name === 'AWS::NoValue' ? NO_VALUE : scope.ref(text(name, 'Ref'))),
  'Fn::GetAtt': (argument, _, scope) => {
    const parts = typeof argument === 'string' ? argument.split('.') : list(argument, 'Fn::GetAtt');
    const [logicalId, ...attribute] = parts.map((part) => text(part, 'Fn::GetAtt'));
    return scope.getAtt(text(logicalId, 'Fn::GetAtt'), attribute.join('.'));
  },
  'Fn::Join': (argument, resolve) => {
    const [separator, items] = list(argument, 'Fn::Join');
    const texts = list(resolve(items), 'Fn::Join').map((item) => text(item, 'Fn::Join'));
    return texts.join(text(separator, 'Fn::Join'));
  },
  'Fn::Sub': (argument, resolve, scope) => {
    const [pattern, given] = Array.isArray(argument) ? argument : [argument, {}];
    const variables = isRecord(given) ? given : {};
    return text(pattern, 'Fn::Sub').replace(/\$\{(!?)([^}]+)\}/g, (_match, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in variables) return text(resolve(variables[name]), 'Fn::Sub');
      const [logicalId = name, ...attribute] = name.split('.');
      const value = attribute.length > 0 ? scope.getAtt(logicalId, attribute.join('.')) : scope.ref(name);
      return text(value, 'Fn::Sub');
    });
  },
  'Fn::Select': (argument, resolve) => {
    const [index, items] = list(argument, 'Fn::Select');
    const choices = list(resolve(items), 'Fn::Select');
    const chosen = choices[Number(resolve(index))];
    if (chosen === undefined) throw new TemplateError(`Fn::Select finds nothing at ${String(index)}.`);
    return chosen;
  },
  'Fn::Split': (argument, resolve) => {
    const [separator, source] = list(argument, 'Fn::Split');
    return text(resolve(source), 'Fn::Split').split(text(separator, 'Fn::Split'));
  },
  'Fn::If': (argument, resolve, scope) => {
    const [name, yes, no] = list(argument, 'Fn::If');
    return resolve(resolve(scope.condition(text(name, 'Fn::If'))) ? yes : no);
  },
  'Fn::Equals': (argument, resolve) => {
    const [left, right] = list(argument, 'Fn::Equals').map(resolve);
    return JSON.stringify(left) === JSON.stringify(right);
  },
  'Fn::Not': (argument, resolve) => !resolve(list(argument, 'Fn::Not')[0]),
  'Fn::And': (argument, resolve) => list(argument, 'Fn::And').every((item) => resolve(item)),
  'Fn::Or': (argument, resolve) => list(argument, 'Fn::Or').some((item) => resolve(item)),
  Condition: (name, resolve, scope) => resolve(scope.condition(text(name, 'Condition'))),
};

/**
 * Replaces every intrinsic in a template value.
 * @throws {TemplateError} on an intrinsic that this runtime doesn't know, or one with malformed arguments.
 */
export function resolveIntrinsics(value: unknown, scope: IntrinsicScope): unknown {
  const resolve: Resolve = (item) => {
    if (Array.isArray(item)) return item.map(resolve).filter((each) => each !== NO_VALUE);
    if (!isRecord(item)) return item;
    const [name, ...others] = Object.keys(item);
    if (name !== undefined && others.length === 0 && isIntrinsicName(name, item[name])) {
      const intrinsic = INTRINSICS[name];
      if (!intrinsic) throw new TemplateError(`The local runtime doesn't know the intrinsic ${name}.`);
      return intrinsic(item[name], resolve, scope);
    }
    const entries = Object.entries(item).map(([key, each]) => [key, resolve(each)] as const);
    return Object.fromEntries(entries.filter(([, each]) => each !== NO_VALUE));
  };
  const resolved = resolve(value);
  return resolved === NO_VALUE ? undefined : resolved;
}

/** A policy's `Condition` block has the same key as a reference to a condition; only the latter holds a name. */
function isIntrinsicName(name: string, argument: unknown): boolean {
  return name.startsWith('Fn::') || name === 'Ref' || (name === 'Condition' && typeof argument === 'string');
}

function text(value: unknown, intrinsic: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TemplateError(`${intrinsic} has an argument that is not text: ${JSON.stringify(value)}.`);
}

function list(value: unknown, intrinsic: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TemplateError(`${intrinsic} has an argument that is not a list: ${JSON.stringify(value)}.`);
}
