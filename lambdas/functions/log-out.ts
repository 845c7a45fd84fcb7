import { logOutSchema } from '../../protocol/service.ts';
import * as of from '../composition.ts';
import { logOut } from '../domain/sessions/log-out.ts';
import { errorBody } from '../shared/errors.ts';
import { lazily } from '../shared/lazily.ts';
import { describe, logger } from '../shared/logger.ts';
import { parseWith } from '../shared/parse.ts';

const ports = lazily({ routes: of.routes, connections: of.connections, maxDevices: of.maxDevices });

/**
 * Ends a user's sessions for another service, which invokes it (docs/protocol.md, section 8).
 * @throws {Error} whose message begins with the error code; after `unavailable` or `internal`, invoke it again
 */
export async function handler(event: unknown): Promise<void> {
  try {
    await logOut(ports, parseWith(logOutSchema, event));
  } catch (error) {
    logger.error('log-out failed', { error: describe(error) });
    // Not the error itself: Lambda would log and return all fields that the AWS SDK adds.
    const { code, issues = [] } = errorBody(error);
    throw new Error([code, ...issues.map(({ path, message }) => `${path} ${message}`)].join(': '));
  }
}
