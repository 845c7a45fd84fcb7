import { DescribeLimitsCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  NoSuchResourceException,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { type Deployment, patience, type Verdict } from './check.ts';
import { textIn } from './context.ts';

/** Quotas of an account and region: docs/operations.md, Quotas. */
const CONNECTIONS = { ServiceCode: 'apigateway', QuotaCode: 'L-9ED1E49A' };
const REQUESTS = { ServiceCode: 'apigateway', QuotaCode: 'L-8A5B8E43' };
const USUAL_CONNECTIONS = 500;
const USUAL_REQUESTS = 10_000;

export async function quota(of: typeof CONNECTIONS): Promise<number> {
  const client = new ServiceQuotasClient({});
  try {
    const { Quota } = await client.send(new GetServiceQuotaCommand(of), patience());
    return Quota?.Value ?? 0;
  } catch (error) {
    // Nobody has asked for another than AWS's own.
    if (!(error instanceof NoSuchResourceException)) throw error;
    const { Quota } = await client.send(new GetAWSDefaultServiceQuotaCommand(of), patience());
    return Quota?.Value ?? 0;
  }
}

/** How fast users come back after an outage. */
export async function connectionQuota(): Promise<Verdict> {
  const perSecond = await quota(CONNECTIONS);
  const text = `${perSecond} new sockets a second: 10,000 users reconnect in ${Math.ceil(10_000 / perSecond)} s at best`;
  if (perSecond >= USUAL_CONNECTIONS) return { finding: 'ok', text };
  return { finding: 'mind', text: `${text}; ask for more: ${raise(CONNECTIONS, USUAL_CONNECTIONS)}` };
}

/** Frames, requests, and pushes together: a direct message is two. */
export async function requestQuota(): Promise<Verdict> {
  const perSecond = await quota(REQUESTS);
  const text = `${perSecond} requests a second for all APIs, posts to clients included: ${Math.floor(perSecond / 2)} direct messages`;
  if (perSecond >= USUAL_REQUESTS) return { finding: 'ok', text };
  return { finding: 'mind', text: `${text}; ask for more: ${raise(REQUESTS, USUAL_REQUESTS)}` };
}

/** The command that asks for a higher quota. */
export function raise({ ServiceCode, QuotaCode }: typeof CONNECTIONS, value: number): string {
  return `aws service-quotas request-service-quota-increase --service-code ${ServiceCode} --quota-code ${QuotaCode} --desired-value ${value}`;
}

/** Options that set units a second, `12000,4000`, may be above what one table may have. */
export async function tableQuota({ context }: Deployment): Promise<Verdict> {
  const limits = await new DynamoDBClient({}).send(new DescribeLimitsCommand({}), patience());
  const { TableMaxReadCapacityUnits: reads = 0, TableMaxWriteCapacityUnits: writes = 0 } = limits;
  for (const option of ['warmThroughput', 'maxThroughput']) {
    const [read = 0, write = 0] = (textIn(context, option) ?? '').split(',').map(Number);
    if (read > reads || write > writes)
      return {
        finding: 'fails',
        text: `${option}=${read},${write} is above a table's quota of ${reads},${writes} units: lower it, or ask for more in the console of Service Quotas (DynamoDB, table-level throughput)`,
      };
  }
  return { finding: 'ok', text: `a table may take ${reads} read units and ${writes} write units a second` };
}
