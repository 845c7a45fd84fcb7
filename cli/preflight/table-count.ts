import { DynamoDBClient, paginateListTables } from '@aws-sdk/client-dynamodb';
import { describedStack } from '../described-stack.ts';
import { type Deployment, patience, type Verdict } from './check.ts';
import { quota, raise } from './quotas.ts';

/** That a stack makes at most. */
export const STACK_TABLES = 5;
const TABLES = { ServiceCode: 'dynamodb', QuotaCode: 'L-F98FE922' };

/** Whether the account has room for the tables of another stack in this region. */
export async function tableCount({ stack }: Deployment): Promise<Verdict> {
  const [most, there, found] = await Promise.all([quota(TABLES), tables(), describedStack(stack)]);
  const text = `${there} of ${most} tables are there`;
  if (found !== undefined || there + STACK_TABLES <= most) return { finding: 'ok', text };
  return {
    finding: 'fails',
    text: `${text}, and the stack makes ${STACK_TABLES}: delete some, or ask for more: ${raise(TABLES, most + 100)}`,
  };
}

async function tables(): Promise<number> {
  let count = 0;
  const pages = paginateListTables({ client: new DynamoDBClient({}) }, {}, patience());
  for await (const { TableNames = [] } of pages) count += TableNames.length;
  return count;
}
