import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge, finding } from './acknowledge.ts';

/**
 * Lets API Gateway write access logs in this account and region. Without it a WebSocket stage fails to deploy:
 * "CloudWatch Logs role ARN must be set in account settings to enable logging". So the stage depends on this construct.
 *
 * Setting and role are kept when the stack is deleted, since other APIs of the account may use them by then
 * (docs/adr/0003-access-log-role.md).
 */
export class AccessLogRole extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const policy = ManagedPolicy.fromAwsManagedPolicyName(
      'service-role/AmazonAPIGatewayPushToCloudWatchLogs',
    );
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [policy],
    });
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    acknowledge(
      role,
      finding(this, 'AwsSolutions-IAM4', `Policy::${policy.managedPolicyArn}`),
      'API Gateway requires this policy on the role, and the role serves all APIs of the account.',
    );
    new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn }).applyRemovalPolicy(
      RemovalPolicy.RETAIN,
    );
  }
}
