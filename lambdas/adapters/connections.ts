import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import pLimit from 'p-limit';
import type { Connections, PostOutcome } from '../domain/connection.ts';
import { describe, logger } from '../shared/logger.ts';

/** A slow receiver delays nobody for longer (decision 8). */
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

  return {
    post: (connectionId, text) =>
      atOnce(async (): Promise<PostOutcome> => {
        try {
          const command = new PostToConnectionCommand({
            ConnectionId: connectionId,
            Data: Buffer.from(text),
          });
          await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
          return 'took';
        } catch (error) {
          if (isGone(error)) return 'gone';
          logger.warn('post failed', { connectionId, error: describe(error) });
          return 'unsure';
        }
      }),

    close: (connectionId) =>
      atOnce(async () => {
        try {
          const command = new DeleteConnectionCommand({ ConnectionId: connectionId });
          await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
        } catch (error) {
          // Its route is gone already: nothing is sent there any more, and the gateway cuts it in time.
          if (!isGone(error)) logger.warn('close failed', { connectionId, error: describe(error) });
        }
      }),
  };
}

function isGone(error: unknown): boolean {
  return error instanceof Error && error.name === 'GoneException';
}
