import { APIGatewayClient, GetAccountCommand } from '@aws-sdk/client-api-gateway';
import { type Deployment, patience, type Verdict } from './check.ts';
import { textIn } from './context.ts';

/** API Gateway's role for CloudWatch, a setting of the account and region (docs/adr/0003-access-log-role.md). */
export async function accessLogRole({ context }: Deployment): Promise<Verdict> {
  const { cloudwatchRoleArn: role } = await new APIGatewayClient({}).send(
    new GetAccountCommand({}),
    patience(),
  );
  const isMade = textIn(context, 'accessLogRole') !== 'false';
  if (!isMade && role === undefined)
    return {
      finding: 'fails',
      text: 'API Gateway has no role for logs, and accessLogRole=false: leave that option out',
    };
  if (isMade && role !== undefined)
    return {
      finding: 'mind',
      text: `the stack sets API Gateway's role for logs, instead of ${role}; both allow the same. To keep it: accessLogRole=false`,
    };
  return {
    finding: 'ok',
    text: isMade ? "the stack sets API Gateway's role for logs" : `API Gateway has ${role}`,
  };
}
