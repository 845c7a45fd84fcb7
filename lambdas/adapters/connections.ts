import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import pLimit from 'p-limit';
import type { Connections, PostOutcome } from '../domain/model/connections.ts';
import { describe, logger } from '../shared/logger.ts';
import { keptLines, MAX_LINES } from './kept-lines.ts';

/** A slow receiver delays a delivery by at most this (IM-DESIGN-8). */
const TIMEOUT_MS = 1_000;

/**
 * `@connections` of the stage. The AWS SDK reads the endpoint from `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`. It
 * retries nothing: the offline queue retries what must arrive. Only a request on a dead keep-alive socket is sent again,
 * within the same second. That may double a push; its receiver recognizes it by the seq (IM-PUSH-1).
 */
export function createConnections(): Connections {
  const lines = keptLines();
  const client = new ApiGatewayManagementApiClient({ maxAttempts: 1, requestHandler: lines.agents });
  const atOnce = pLimit(MAX_LINES);

  async function outcomeOf(
    name: string,
    connectionId: string,
    run: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<PostOutcome> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      await lines.request(() => run(signal));
      return 'took';
    } catch (error) {
      const outcome = outcomeOfError(error);
      // Without the error, since a throttled account writes thousands of these log lines a second.
      if (outcome === 'busy') logger.warn(`${name} throttled`, { connectionId });
      if (outcome === 'unsure') logger.warn(`${name} failed`, { connectionId, error: describe(error) });
      return outcome;
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

    close: (connectionId) =>
      atOnce(() =>
        outcomeOf('close', connectionId, (abortSignal) =>
          client.send(new DeleteConnectionCommand({ ConnectionId: connectionId }), { abortSignal }),
        ),
      ),
  };
}

/** By the status, since not every implementation of the API sends the error's name. */
function outcomeOfError(error: unknown): PostOutcome {
  if (!(error instanceof Error)) return 'unsure';
  const metadata = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }) : {};
  if (error.name === 'GoneException' || metadata.httpStatusCode === 410) return 'gone';
  return metadata.httpStatusCode === 429 ? 'busy' : 'unsure';
}
