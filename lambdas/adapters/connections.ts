import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import pLimit from 'p-limit';
import type { Connections, PostOutcome } from '../domain/model/connections.ts';
import { describe, logger } from '../shared/logger.ts';

/** A slow receiver delays nobody for longer (IM-DESIGN-8). */
const TIMEOUT_MS = 1_000;
/** As many as the SDK keeps sockets. */
const CONCURRENCY = 50;

/**
 * `@connections` of the stage. The endpoint comes from `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`, which a client
 * built with `endpoint` would ignore. No retries: the offline queue repeats what matters.
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

    // Unless it is gone its route is: nothing is sent there any more, and the gateway cuts it in time.
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
