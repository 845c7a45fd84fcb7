import { onTestFinished, vi } from 'vitest';
import type { AdminCallWriter } from '../../../lambdas/domain/model/event.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { type AdminEvent, createAdminHandler } from '../../../lambdas/transport/admin.ts';
import {
  type AdminPorts,
  adminAnswers,
  attachmentAdminAnswers,
} from '../../../lambdas/transport/admin-answers.ts';
import { createWorld } from '../../adapters/memory/world.ts';

export const CALLER = 'arn:aws:sts::111122223333:assumed-role/Support/eve';
const iam = { iam: { userArn: CALLER } };

interface CallOptions {
  readonly authorizer?: object | undefined;
  readonly timeEpoch?: number;
  readonly query?: Record<string, string>;
}

/** An admin API in memory, and the lines that it logs. */
export function startAdmin(more: Partial<AdminPorts> = {}, calls?: AdminCallWriter) {
  const world = createWorld();
  const spending = { perMinute: 600, burst: 3_000 };
  const ports = { ...world, budgetLimits: { spending }, maxDevices: 10, ...more };
  const handle = createAdminHandler({ ...adminAnswers(ports), ...attachmentAdminAnswers(world) }, calls);
  const lines: unknown[] = [];
  const note = (message: string, fields?: object) => void lines.push({ message, ...fields });
  const spies = [
    vi.spyOn(logger, 'info').mockImplementation(note),
    vi.spyOn(logger, 'error').mockImplementation(note),
  ];
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
  });
  const call = async (
    routeKey: string,
    pathParameters: Record<string, string> = {},
    body?: object,
    options: CallOptions = {},
  ) => {
    const { authorizer, timeEpoch, query } = { authorizer: iam, timeEpoch: world.clock(), ...options };
    const answer = await handle({
      routeKey,
      pathParameters,
      queryStringParameters: query,
      requestContext: { authorizer, timeEpoch, requestId: 'r1' },
      ...(body && { body: JSON.stringify(body) }),
    } as unknown as AdminEvent);
    return {
      status: answer.statusCode,
      body: answer.body === undefined ? undefined : JSON.parse(answer.body),
    };
  };
  return { ...world, call, lines };
}

/** The line of a call in the audit. */
export const line = (action: string, outcome: string, target?: object) => ({
  message: 'admin call',
  caller: CALLER,
  action,
  target,
  outcome,
  requestId: 'r1',
});
