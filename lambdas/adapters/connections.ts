import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import pLimit from 'p-limit';
import type { Connections, PostOutcome } from '../domain/model/connections.ts';
import { describe, logger } from '../shared/logger.ts';

/** A slow receiver delays a delivery by at most this (IM-DESIGN-8). */
const TIMEOUT_MS = 1_000;
/** The AWS SDK's default number of sockets. */
const CONCURRENCY = 50;

/**
 * `@connections` of the stage. The AWS SDK reads the endpoint from `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`. No
 * retries: the offline queue retries what must arrive.
 */
export function createConnections(): Connections {
  const client = new ApiGatewayManagementApiClient({ maxAttempts: 1 });
  const atOnce = pLimit(CONCURRENCY);

  async function outcomeOf(
    name: string,
    connectionId: string,
    run: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<PostOutcome> {
    try {
      await run(AbortSignal.timeout(TIMEOUT_MS));
      return 'took';
    } catch (error) {
      if (isGone(error)) return 'gone';
      logger.warn(`${name} failed`, { connectionId, error: describe(error) });
      return 'unsure';
    }
  }

  return {
    post: (connectionId, text) =>
      atOnce(() =>
        outcomeOf('post', connectionId, (abortSignal) => {
          const command = new PostToConnectionCommand({
            ConnectionId: connectionId,
            Data: Buffer.from(text),
          });
          return client.send(command, { abortSignal });
        }),
      ),

    probe: (connectionId) =>
      atOnce(() =>
        outcomeOf('probe', connectionId, (abortSignal) =>
          client.send(new GetConnectionCommand({ ConnectionId: connectionId }), { abortSignal }),
        ),
      ),

    // A failed close is harmless: without a route nothing is sent there, and the gateway closes the socket in time.
    close: (connectionId) =>
      atOnce(async () => {
        await outcomeOf('close', connectionId, (abortSignal) =>
          client.send(new DeleteConnectionCommand({ ConnectionId: connectionId }), { abortSignal }),
        );
      }),
  };
}

function isGone(error: unknown): boolean {
  return error instanceof Error && error.name === 'GoneException';
}
