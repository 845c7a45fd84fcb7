import { sqsClient } from '../emulators/clients.ts';
import type { Invoker, StackModel } from '../model.ts';
import type { Endpoints } from '../runtime-options.ts';
import { STOP_GRACE_MS } from '../within.ts';
import { openPositions } from './stream-positions.ts';
import { StreamSource } from './stream-source.ts';

export interface Streams {
  readonly stack: StackModel;
  readonly endpoints: Pick<Endpoints, 'dynamodb' | 'sqs'>;
  readonly invoker: Invoker;
  /** File of the positions. If `undefined`, nothing outlives the process. */
  readonly positions: string | undefined;
  readonly warn: (message: string) => void;
}

/** Starts the event sources of streams. */
export function startStreamSources(
  { stack, endpoints, invoker, positions: file, warn }: Streams,
  cleanups: AsyncDisposableStack,
): Pick<StreamSource, 'advance' | 'caughtUp'> {
  const client = sqsClient(endpoints.sqs, 'event-source');
  cleanups.defer(() => client.destroy());
  const positions = openPositions(file);
  const queues = { client, endpoint: endpoints.sqs };
  const sources = stack.streamSources.map(
    (model) =>
      new StreamSource({ model, endpoint: endpoints.dynamodb, queues, positions, invoker, onWarning: warn }),
  );
  for (const source of sources) source.start();
  cleanups.defer(async () => {
    await Promise.all(sources.map((source) => source.stop(STOP_GRACE_MS)));
  });
  return {
    advance: (seconds) => {
      for (const source of sources) source.advance(seconds);
    },
    caughtUp: async () => {
      await Promise.all(sources.map((source) => source.caughtUp()));
    },
  };
}
