import { isRecord } from '../json.ts';
import { TemplateError } from './template.ts';

/** Resolves the names in intrinsics. Each function throws a `TemplateError` for an unknown name. */
export interface IntrinsicScope {
  /** `Ref` of a resource, a parameter, or a pseudo parameter (`AWS::Region`). */
  ref(name: string): unknown;
  getAtt(logicalId: string, attribute: string): unknown;
}

type Resolve = (value: unknown) => unknown;
type Intrinsic = (argument: unknown, resolve: Resolve, scope: IntrinsicScope) => unknown;

/** The intrinsics that the stack's template uses; it has no conditions. */
const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (name, _, scope) => scope.ref(text(name, 'Ref')),
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
};

/**
 * Replaces every intrinsic in a template value.
 * @throws {TemplateError} for an unknown intrinsic or malformed arguments
 */
export function resolveIntrinsics(value: unknown, scope: IntrinsicScope): unknown {
  const resolve: Resolve = (item) => {
    if (Array.isArray(item)) return item.map(resolve);
    if (!isRecord(item)) return item;
    const [name, ...others] = Object.keys(item);
    if (name !== undefined && others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
      const intrinsic = INTRINSICS[name];
      if (!intrinsic) throw new TemplateError(`The local runtime does not support the intrinsic ${name}.`);
      return intrinsic(item[name], resolve, scope);
    }
    return Object.fromEntries(Object.entries(item).map(([key, each]) => [key, resolve(each)]));
  };
  return resolve(value);
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
