/**
 * Replaces `@smithy/core/event-streams` in the handlers' bundles. The AWS SDK needs it only for operations that stream
 * events: S3 has one that we don't use, and DynamoDB, SQS, and `@connections` have none. But it loads the module by `import()`, so esbuild bundles all of
 * it, and can't tree-shake what it shares with other modules.
 *
 * Exports the names that the AWS SDK imports, and throws where the first stream would start.
 */
export const eventStreamSerdeProvider = undefined;

/** The clients of Lambda and S3 add to their configuration what only streamed answers need. */
export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;

export class EventStreamSerde {
  constructor() {
    throw new Error('Event streams are left out of the bundles: see lib/bundling/no-event-streams.ts');
  }
}
