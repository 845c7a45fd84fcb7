import { isRecord, recordOf } from '../json.ts';
import { TemplateError } from './template.ts';

/** Resolves the names in intrinsics. Each function throws a `TemplateError` for an unknown name. */
export interface IntrinsicScope {
  /** `Ref` of a resource, a parameter, or a pseudo parameter (`AWS::Region`). */
  ref(name: string): unknown;
  getAtt(logicalId: string, attribute: string): unknown;
  /** Whether a condition of the template holds. */
  condition(name: string): boolean;
  /** A value of the template's mappings. */
  mapped(keys: readonly string[]): unknown;
  /** The output that any stack of the app exports by this name. */
  imported(name: string): unknown;
  stackOutput(stackName: string, outputName: string): unknown;
}

type Resolve = (value: unknown) => unknown;
type Intrinsic = (argument: unknown, resolve: Resolve, scope: IntrinsicScope) => unknown;

/** `Ref: AWS::NoValue`: the property isn't there. */
export const NO_VALUE = Symbol('AWS::NoValue');

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html */
const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (name, _, scope) => (name === 'AWS::NoValue' ? NO_VALUE : scope.ref(text(name, 'Ref'))),
  Condition: (name, _, scope) => scope.condition(text(name, 'Condition')),
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
    const [index, items] = list(resolve(argument), 'Fn::Select');
    return list(items, 'Fn::Select')[Number(index)] ?? '';
  },
  'Fn::Split': (argument, resolve) => {
    const [separator, whole] = list(resolve(argument), 'Fn::Split');
    return text(whole, 'Fn::Split').split(text(separator, 'Fn::Split'));
  },
  'Fn::Base64': (argument, resolve) => Buffer.from(text(resolve(argument), 'Fn::Base64')).toString('base64'),
  'Fn::ToJsonString': (argument, resolve) => JSON.stringify(resolve(argument)),
  'Fn::Length': (argument, resolve) => list(resolve(argument), 'Fn::Length').length,
  'Fn::GetAZs': (_, __, scope) => ['a', 'b', 'c'].map((zone) => `${scope.ref('AWS::Region')}${zone}`),
  'Fn::FindInMap': (argument, resolve, scope) =>
    scope.mapped(
      list(resolve(argument), 'Fn::FindInMap')
        .slice(0, 3)
        .map((key) => text(key, 'Fn::FindInMap')),
    ),
  'Fn::ImportValue': (name, resolve, scope) => scope.imported(text(resolve(name), 'Fn::ImportValue')),
  'Fn::GetStackOutput': (argument, resolve, scope) => {
    const { StackName, OutputName } = recordOf(resolve(argument));
    return scope.stackOutput(text(StackName, 'Fn::GetStackOutput'), text(OutputName, 'Fn::GetStackOutput'));
  },
  'Fn::If': (argument, resolve, scope) => {
    const [name, then, otherwise] = list(argument, 'Fn::If');
    return resolve(scope.condition(text(name, 'Fn::If')) ? then : otherwise);
  },
  'Fn::Equals': (argument, resolve) => {
    const [left, right] = list(resolve(argument), 'Fn::Equals');
    return JSON.stringify(left) === JSON.stringify(right);
  },
  'Fn::And': (argument, resolve) => list(resolve(argument), 'Fn::And').every((each) => each === true),
  'Fn::Or': (argument, resolve) => list(resolve(argument), 'Fn::Or').includes(true),
  'Fn::Not': (argument, resolve) => list(resolve(argument), 'Fn::Not')[0] !== true,
};

/**
 * Replaces every intrinsic in a template value.
 * @throws {TemplateError} for an unknown intrinsic or malformed arguments
 */
export function resolveIntrinsics(value: unknown, scope: IntrinsicScope): unknown {
  const resolve: Resolve = (item) => {
    if (Array.isArray(item)) return item.map(resolve).filter((each) => each !== NO_VALUE);
    if (!isRecord(item)) return item;
    const [name, ...others] = Object.keys(item);
    if (name !== undefined && others.length === 0 && isIntrinsic(name, item[name])) {
      const intrinsic = INTRINSICS[name];
      if (!intrinsic) throw new TemplateError(`The local runtime does not support the intrinsic ${name}.`);
      return intrinsic(item[name], resolve, scope);
    }
    const entries = Object.entries(item).map(([key, each]) => [key, resolve(each)] as const);
    return Object.fromEntries(entries.filter(([, each]) => each !== NO_VALUE));
  };
  const resolved = resolve(value);
  return resolved === NO_VALUE ? undefined : resolved;
}

/** A policy's `Condition` is an object, and no intrinsic. */
function isIntrinsic(name: string, argument: unknown): boolean {
  return name === 'Ref' || name.startsWith('Fn::') || (name === 'Condition' && typeof argument === 'string');
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
