import { renewSchema } from '../../protocol/frames.ts';
import { createConnections } from '../adapters/connections.ts';
import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createRouteTable } from '../adapters/route-table.ts';
import { createTokenVerifier } from '../adapters/token-verifier.ts';
import { type RenewPorts, renew } from '../domain/renew.ts';
import { frameRoute } from '../edge/frame.ts';
import { systemClock } from '../shared/clock.ts';
import { list, readEnv } from '../shared/env.ts';

const env = readEnv('routesTable', 'connectionsEndpoint', 'issuer', 'audience', 'jwksUri', 'userIdClaim');
const ports: RenewPorts = {
  routes: createRouteTable(createDocumentClient(), env.routesTable),
  tokens: createTokenVerifier({ ...env, audience: list(env.audience) }),
  clock: systemClock,
};

/** A fresh token for an open session (IM-RENEW). */
export const handler = frameRoute(createConnections(), renewSchema, async ({ id, token }, speaker) => {
  return { type: 'session', id, session: { expiresAt: await renew(ports, speaker, token) } };
});
