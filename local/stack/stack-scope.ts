import { recordOf } from '../json.ts';
import type { AssemblyStack } from './assembly.ts';
import { identityOf, pseudoParameters } from './identifiers.ts';
import { type IntrinsicScope, resolveIntrinsics } from './intrinsics.ts';
import { storedParameter } from './local-urls.ts';
import { type Identity, type Properties, TemplateError, type TemplateResource } from './template.ts';

/** The other stacks of an app, as one of them refers to them. */
export interface Siblings {
  imported(name: string): unknown;
  stackOutput(stackName: string, outputName: string): unknown;
  /** The nested stack that this resource of this stack is. */
  nested(parent: StackScope, logicalId: string): StackScope | undefined;
}

const NESTED_STACK = 'AWS::CloudFormation::Stack';

/** One stack of an app: resolves the values of its template. */
export class StackScope implements IntrinsicScope {
  readonly stack: AssemblyStack;
  readonly #siblings: Siblings;
  readonly #parameters: (() => Properties) | undefined;

  /** @param parameters that the parent of a nested stack gives it */
  constructor(stack: AssemblyStack, siblings: Siblings, parameters?: () => Properties) {
    this.stack = stack;
    this.#siblings = siblings;
    this.#parameters = parameters;
  }

  get isNested(): boolean {
    return this.#parameters !== undefined;
  }

  /** The resources whose conditions hold, by their logical ids in this stack. */
  get resources(): readonly (readonly [logicalId: string, resource: TemplateResource])[] {
    return Object.entries(this.stack.template.Resources).filter(
      ([, { Condition }]) => Condition === undefined || this.condition(Condition),
    );
  }

  get outputNames(): readonly string[] {
    const all = Object.entries(this.stack.template.Outputs ?? {});
    return all
      .filter(([, { Condition }]) => Condition === undefined || this.condition(Condition))
      .map(([name]) => name);
  }

  output(name: string): unknown {
    const output = this.stack.template.Outputs?.[name];
    if (!output) throw new TemplateError(`The stack ${this.stack.name} has no output ${name}.`);
    return resolveIntrinsics(output.Value, this);
  }

  /** The name under which other stacks import an output. */
  exportName(output: string): unknown {
    const { Export } = this.stack.template.Outputs?.[output] ?? {};
    return Export && resolveIntrinsics(Export.Name, this);
  }

  /** @throws {TemplateError} that names the place */
  properties(logicalId: string): Properties {
    const { Type, Properties = {} } = this.#resource(logicalId);
    try {
      return resolveIntrinsics(Properties, this) as Properties;
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new TemplateError(`${logicalId} (${Type}): ${error.message}`, { cause: error });
    }
  }

  identity(logicalId: string): Identity {
    const resource = this.#resource(logicalId);
    return identityOf({
      stackName: this.stack.name,
      logicalId,
      resource,
      name: (property) => {
        const value = resolveIntrinsics(resource.Properties?.[property], this);
        return typeof value === 'string' ? value : undefined;
      },
    });
  }

  ref(name: string): unknown {
    const pseudo = pseudoParameters(this.stack.name)[name];
    if (pseudo !== undefined) return pseudo;
    const parameter = this.stack.template.Parameters?.[name];
    if (!parameter) return this.identity(name).ref;
    const given = this.#parameters?.()[name];
    if (given !== undefined) return given;
    if (parameter.Type?.startsWith('AWS::SSM::Parameter::Value')) return storedParameter(parameter.Default);
    if (parameter.Default !== undefined) return parameter.Default;
    throw new TemplateError(`The template's parameter ${name} has no default.`);
  }

  /** What only a deployment knows, such as the address of a database, is a name that leads nowhere (RFC 2606). */
  getAtt(logicalId: string, attribute: string): unknown {
    const { Type } = this.#resource(logicalId);
    if (Type === NESTED_STACK && attribute.startsWith('Outputs.'))
      return this.#siblings.nested(this, logicalId)?.output(attribute.slice('Outputs.'.length));
    return this.identity(logicalId).attributes[attribute] ?? `${logicalId}.${attribute}.invalid`;
  }

  condition(name: string): boolean {
    return resolveIntrinsics(this.stack.template.Conditions?.[name], this) === true;
  }

  mapped(keys: readonly string[]): unknown {
    const value = keys.reduce<unknown>((map, key) => recordOf(map)[key], this.stack.template.Mappings);
    if (value === undefined) throw new TemplateError(`Fn::FindInMap finds nothing at ${keys.join('.')}.`);
    return value;
  }

  imported(name: string): unknown {
    return this.#siblings.imported(name);
  }

  stackOutput(stackName: string, outputName: string): unknown {
    return this.#siblings.stackOutput(stackName, outputName);
  }

  #resource(logicalId: string): TemplateResource {
    const resource = this.stack.template.Resources[logicalId];
    if (!resource) throw new TemplateError(`The template refers to ${logicalId}, which it does not contain.`);
    return resource;
  }
}

/** The stacks of an app, with the nested stacks in them, so that each finds what it refers to in the others. */
export function linkStacks(stacks: readonly AssemblyStack[]): readonly StackScope[] {
  const all: StackScope[] = [];
  const nestedIn = new Map<StackScope, Map<string, StackScope>>();
  const siblings: Siblings = {
    nested: (parent, logicalId) => nestedIn.get(parent)?.get(logicalId),
    stackOutput: (stackName, outputName) => {
      const found = all.find(({ stack }) => stack.name === stackName);
      if (!found) throw new TemplateError(`There is no stack ${stackName} in this app.`);
      return found.output(outputName);
    },
    imported: (name) => {
      for (const scope of all) {
        const output = scope.outputNames.find((each) => scope.exportName(each) === name);
        if (output !== undefined) return scope.output(output);
      }
      throw new TemplateError(`No stack of this app exports ${name}.`);
    },
  };
  const add = (scope: StackScope): void => {
    all.push(scope);
    const children = new Map<string, StackScope>();
    nestedIn.set(scope, children);
    for (const [logicalId, { Type, Properties = {} }] of scope.resources) {
      const template =
        Type === NESTED_STACK ? scope.stack.nestedTemplate(Properties['TemplateURL']) : undefined;
      if (template === undefined) continue;
      const stack = { ...scope.stack, name: `${scope.stack.name}-${logicalId}`, template };
      const child = new StackScope(stack, siblings, () =>
        recordOf(scope.properties(logicalId)['Parameters']),
      );
      children.set(logicalId, child);
      add(child);
    }
  };
  for (const stack of stacks) add(new StackScope(stack, siblings));
  return all;
}
