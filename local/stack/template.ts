import { isRecord } from '../json.ts';
import { OperatorError } from '../operator-error.ts';

/** The parts of a CloudFormation template that the loader reads. Values may still be intrinsics. */
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Type?: string; readonly Default?: unknown }>>;
  readonly Outputs?: Readonly<Record<string, TemplateOutput>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, unknown>>;
}

export interface TemplateOutput {
  readonly Value: unknown;
  readonly Condition?: string;
  readonly Export?: { readonly Name: unknown };
}

export interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** A resource with its resolved properties. */
export interface Resource {
  /** Of the template; with the stack's name before it if another stack of the app has the same. */
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Properties;
  readonly identity: Identity;
}

/** Values of `Ref` and `Fn::GetAtt`, as AWS documents them by resource type. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export type Properties = Readonly<Record<string, unknown>>;

/** The template has a shape that this runtime does not support; the message names the place. */
export class TemplateError extends OperatorError {
  override readonly name = 'TemplateError';
}

/** Reads typed properties of a resource; the error for a wrong type names the place. */
export function reader(resource: Resource) {
  const fail = (name: string, expected: string): never => {
    throw new TemplateError(`${resource.logicalId} (${resource.type}): ${name} is not ${expected}.`);
  };
  const value = (name: string) => resource.properties[name];
  const optionalText = (name: string): string | undefined => {
    const found = value(name);
    return found === undefined || typeof found === 'string' ? found : fail(name, 'a string');
  };
  const optionalNumber = (name: string): number | undefined => {
    const found = value(name);
    if (found === undefined) return undefined;
    // CloudFormation also accepts numbers as strings.
    const number = typeof found === 'string' && found !== '' ? Number(found) : found;
    return typeof number === 'number' && Number.isFinite(number) ? number : fail(name, 'a number');
  };
  return {
    text: (name: string): string => optionalText(name) ?? fail(name, 'a string'),
    optionalText,
    optionalNumber,
    record: (name: string): Properties => {
      const found = value(name) ?? {};
      return isRecord(found) ? found : fail(name, 'an object');
    },
    list: (name: string): readonly unknown[] => {
      const found = value(name) ?? [];
      return Array.isArray(found) ? found : fail(name, 'a list');
    },
    texts: (name: string): readonly string[] => {
      const found = value(name) ?? [];
      const isTexts = Array.isArray(found) && found.every((item) => typeof item === 'string');
      return isTexts ? found : fail(name, 'a list of strings');
    },
  };
}
