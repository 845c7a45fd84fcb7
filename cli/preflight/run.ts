import { accessLogRole } from './access-log-role.ts';
import { account } from './account.ts';
import { bootstrap } from './bootstrap.ts';
import type { Check, Deployment, Line } from './check.ts';
import { concurrency } from './concurrency.ts';
import { certificate, hostedZone, kmsKey } from './names.ts';
import { platforms, webPushKeys } from './notifications.ts';
import { connectionQuota, requestQuota, tableQuota } from './quotas.ts';
import { stackState } from './stack-state.ts';
import { tableCount } from './table-count.ts';
import { unknown } from './unknown.ts';

const CHECKS: Readonly<Record<string, Check>> = {
  bootstrap,
  stack: stackState,
  concurrency,
  'access logs': accessLogRole,
  connections: connectionQuota,
  requests: requestQuota,
  tables: tableQuota,
  'table count': tableCount,
  certificate,
  'hosted zone': hostedZone,
  'KMS key': kmsKey,
  'web push': webPushKeys,
  platforms,
};

/** Runs all checks at once, or says only why the account can't be asked. */
export async function runChecks(deployment: Deployment): Promise<readonly Line[]> {
  const node: Line = { name: 'node', finding: 'ok', text: process.version };
  const own: Line = { name: 'account', ...(await account()) };
  if (own.finding === 'fails') return [node, own];
  const others = await Promise.all(
    Object.entries(CHECKS).map(async ([name, check]) => {
      const verdict = await check(deployment).catch(unknown);
      return verdict === undefined ? [] : [{ name, ...verdict }];
    }),
  );
  return [node, own, ...others.flat()];
}
