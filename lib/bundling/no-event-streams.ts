/**
 * Stands in for `@smithy/core/event-streams` in the handlers' bundles. The SDK loads it only for operations that stream
 * events; DynamoDB, SQS, and `@connections` have none. But it loads it by `import()`, which in a single bundle drags
 * all of it in and keeps esbuild from shaking what it shares with the rest.
 *
 * Exports what the SDK asks for by name, and fails where the first stream would begin.
 */
export const eventStreamSerdeProvider = undefined;

export class EventStreamSerde {
  constructor() {
    throw new Error('Event streams are left out of the bundles: see lib/bundling/no-event-streams.ts');
  }
}
