import { identityOf, pseudoParameters } from './identifiers.ts';
import { type IntrinsicScope, resolveIntrinsics } from './intrinsics.ts';
import { storedParameter } from './local-urls.ts';
import { type Resource, type Template, TemplateError, type TemplateResource } from './template.ts';

/** The resources of a template, resolved on request, and its outputs. */
export interface ResolvedTemplate {
  ofType(...types: string[]): readonly Resource[];
  /** Resources of types that were never requested. */
  unread(): readonly Pick<Resource, 'logicalId' | 'type'>[];
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * Resolves a template. Resolves a resource's properties only when its type is requested, so an unsupported intrinsic in
 * an ignored resource does no harm.
 * @throws {TemplateError} that names what can't be resolved
 */
export function resolveTemplate(template: Template, stackName: string): ResolvedTemplate {
  const resourceOf = (logicalId: string): TemplateResource => {
    const resource = template.Resources[logicalId];
    if (!resource) throw new TemplateError(`The template refers to ${logicalId}, which it does not contain.`);
    return resource;
  };
  const identity = (logicalId: string) => {
    const resource = resourceOf(logicalId);
    return identityOf({
      stackName,
      logicalId,
      resource,
      name: (property) => {
        const value = resolveIntrinsics(resource.Properties?.[property], scope);
        return typeof value === 'string' ? value : undefined;
      },
    });
  };
  const scope: IntrinsicScope = {
    ref: (name) => {
      const pseudo = pseudoParameters(stackName)[name];
      if (pseudo !== undefined) return pseudo;
      const parameter = template.Parameters?.[name];
      if (!parameter) return identity(name).ref;
      if (parameter.Type?.startsWith('AWS::SSM::Parameter::Value')) return storedParameter(parameter.Default);
      if (parameter.Default !== undefined) return parameter.Default;
      throw new TemplateError(`The template's parameter ${name} has no default.`);
    },
    getAtt: (logicalId, attribute) => {
      const value = identity(logicalId).attributes[attribute];
      if (value !== undefined) return value;
      const { Type } = resourceOf(logicalId);
      throw new TemplateError(
        `The local runtime does not support Fn::GetAtt ${logicalId}.${attribute} (${Type}).`,
      );
    },
  };
  const resources = Object.entries(template.Resources);
  const read = new Set<string>();
  return {
    unread: () =>
      resources
        .filter(([, { Type }]) => !read.has(Type))
        .map(([logicalId, { Type }]) => ({ logicalId, type: Type })),
    ofType: (...types) => {
      for (const type of types) read.add(type);
      return resources
        .filter(([, resource]) => types.includes(resource.Type))
        .map(([logicalId, resource]) => ({
          logicalId,
          type: resource.Type,
          properties: resolveProperties(logicalId, resource, scope),
        }));
    },
    get outputs() {
      const outputs = Object.entries(template.Outputs ?? {});
      return Object.fromEntries(
        outputs.map(([name, output]) => [name, String(resolveIntrinsics(output.Value, scope))]),
      );
    },
  };
}

function resolveProperties(logicalId: string, resource: TemplateResource, scope: IntrinsicScope) {
  try {
    if (resource.Condition !== undefined)
      throw new TemplateError('The local runtime does not support conditions.');
    const properties = resolveIntrinsics(resource.Properties ?? {}, scope);
    return properties as Resource['properties'];
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new TemplateError(`${logicalId} (${resource.Type}): ${error.message}`, { cause: error });
  }
}
