import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Records on the construct why a rule of cdk-nag's AwsSolutions pack does not apply to it. Has no effect in apps without
 * cdk-nag. A rule with several findings needs each of them named, e.g. `AwsSolutions-IAM5[Resource::*]`.
 */
export function acknowledge(construct: IConstruct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id, reason });
}

/**
 * The name of one finding of a rule, as cdk-nag writes it: references become `<LogicalId>` or `<LogicalId.Attribute>`.
 */
export function finding(scope: IConstruct, rule: string, detail: string): string {
  return `${rule}[${flatten(Stack.of(scope).resolve(detail))}]`;
}

function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  if (isIntrinsic(value, 'Ref')) return `<${value.Ref}>`;
  if (isIntrinsic(value, 'Fn::GetAtt')) return `<${String(value['Fn::GetAtt']).replace(',', '.')}>`;
  if (isIntrinsic(value, 'Fn::Join')) {
    const [delimiter, parts] = value['Fn::Join'] as [string, unknown[]];
    return parts.map(flatten).join(delimiter);
  }
  return JSON.stringify(value);
}

function isIntrinsic<Name extends string>(value: unknown, name: Name): value is Record<Name, unknown> {
  return typeof value === 'object' && value !== null && name in value;
}
