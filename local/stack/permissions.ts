import { isRecord, recordOf } from '../json.ts';
import type { Permission } from '../model.ts';
import type { ResolvedApp } from './resources.ts';
import { type Properties, type Resource, reader } from './template.ts';

/** They allow logs and traces, which nobody checks here, or what an event source does for the function. */
const HARMLESS_POLICIES = /:policy\/(service-role\/AWSLambda(Basic|VPCAccess|SQSQueue|DynamoDB)|AWSXRay)/;

/**
 * The permissions of each role, by ARN; undefined if not all are known: a role of another app, one of AWS's own policies, or a
 * statement that does more than allow actions on resources.
 */
export function permissionsByRole(app: ResolvedApp): (roleArn: string) => readonly Permission[] | undefined {
  const policies = app.ofType('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy');
  const roles = app.ofType('AWS::IAM::Role');
  return (roleArn) => {
    const role = roles.find(({ identity }) => identity.attributes['Arn'] === roleArn);
    if (role === undefined) return undefined;
    const managed = reader(role).list('ManagedPolicyArns').map(String);
    const own = policies.filter((policy) => reader(policy).list('Roles').includes(role.identity.ref));
    const named = managed.filter((arn) => !own.some(({ identity }) => identity.ref === arn));
    if (named.some((arn) => !HARMLESS_POLICIES.test(arn))) return undefined;
    const statements = [...own.map(documentOf), ...inlineDocuments(role)].flatMap(statementsIn);
    const permissions = statements.flatMap((statement) => permissionIn(statement) ?? []);
    return permissions.length < statements.length ? undefined : permissions;
  };
}

function documentOf(policy: Resource): unknown {
  return policy.properties['PolicyDocument'];
}

function inlineDocuments(role: Resource): readonly unknown[] {
  return reader(role)
    .list('Policies')
    .map((policy) => recordOf(policy)['PolicyDocument']);
}

function statementsIn(document: unknown): readonly unknown[] {
  return [recordOf(document)['Statement'] ?? []].flat();
}

function permissionIn(statement: unknown): Permission | undefined {
  const { Effect, Action, Resource, Sid: _, ...others }: Properties = isRecord(statement) ? statement : {};
  if (Effect !== 'Allow' || Object.keys(others).length > 0) return undefined;
  return { actions: textsIn(Action), resources: textsIn(Resource) };
}

function textsIn(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}
