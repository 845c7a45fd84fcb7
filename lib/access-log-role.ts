import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

const POLICY = 'service-role/AmazonAPIGatewayPushToCloudWatchLogs';

/**
 * Lets API Gateway write access logs in this account and region. Without it a WebSocket stage fails to deploy:
 * "CloudWatch Logs role ARN must be set in account settings to enable logging". Whatever needs it depends on this.
 *
 * Setting and role outlive the stack, since other APIs of the account may rely on them by then
 * (docs/adr/0003-access-log-role.md).
 */
export class AccessLogRole extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(POLICY)],
    });
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    acknowledge(
      role,
      `AwsSolutions-IAM4[Policy::arn:${Stack.of(this).partition === 'aws' ? 'aws' : '<AWS::Partition>'}:iam::aws:policy/${POLICY}]`,
      'AWS asks for this policy on the role, and the role serves all APIs of the account.',
    );
    new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn }).applyRemovalPolicy(
      RemovalPolicy.RETAIN,
    );
  }
}
