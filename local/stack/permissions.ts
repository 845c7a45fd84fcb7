import { isRecord } from '../json.ts';
import type { Permission } from '../model.ts';
import type { ResolvedTemplate } from './resources.ts';
import { type Properties, type Resource, reader, TemplateError } from './template.ts';

/**
 * The permissions of each role, by ARN. Covers the template's own policies, not AWS's (`ManagedPolicyArns`).
 * @throws {TemplateError} for a statement that does more than allow actions on resources
 */
export function permissionsByRole(template: ResolvedTemplate): (roleArn: string) => readonly Permission[] {
  const policies = template.ofType('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy');
  return (roleArn) =>
    policies
      .filter((policy) =>
        reader(policy)
          .texts('Roles')
          .some((name) => roleArn.endsWith(`:${name}`)),
      )
      .flatMap((policy) => {
        const { Statement } = reader(policy).record('PolicyDocument');
        return (Array.isArray(Statement) ? Statement : [Statement]).map((one) => permissionIn(policy, one));
      });
}

function permissionIn(policy: Resource, statement: unknown): Permission {
  const { Effect, Action, Resource, Sid: _, ...others }: Properties = isRecord(statement) ? statement : {};
  if (Effect !== 'Allow' || Object.keys(others).length > 0) {
    throw new TemplateError(
      `${policy.logicalId} (${policy.type}): only plain Allow statements are understood.`,
    );
  }
  return { actions: textsIn(Action), resources: textsIn(Resource) };
}

function textsIn(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}
