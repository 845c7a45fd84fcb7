import { logOutSchema } from '../../protocol/service.ts';
import * as of from '../composition.ts';
import { logOut } from '../domain/sessions/log-out.ts';
import { lazily } from '../shared/lazily.ts';
import { parseWith } from '../shared/parse.ts';
import { answerService } from '../transport/service-answer.ts';

const ports = lazily({
  routes: of.routes,
  connections: of.connections,
  maxDevices: of.maxDevices,
  pushDeviceWriter: of.pushDeviceWriterIfAny(),
});

/**
 * Ends a user's sessions for another service, which invokes it (docs/protocol.md, section 8).
 * @throws {Error} whose message begins with the error code; after `unavailable` or `internal`, invoke it again
 */
export const handler = (event: unknown): Promise<void> =>
  answerService('log-out', () => logOut(ports, parseWith(logOutSchema, event)));
