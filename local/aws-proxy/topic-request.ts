import type { Subject } from './call.ts';

/** Parameters of a request of the Query protocol, which SNS speaks. */
export type QueryParameters = Readonly<Record<string, string>>;

export function queryParameters(body: Buffer): QueryParameters {
  return Object.fromEntries(new URLSearchParams(body.toString()));
}

/** Operation and topic of a request to SNS. */
export function topicSubject(parameters: QueryParameters): Subject {
  const { Action: operation = '', TopicArn: arn } = parameters;
  const entries = Object.keys(parameters).filter((name) =>
    /^PublishBatchRequestEntries\.member\.\d+\.Id$/.test(name),
  );
  return {
    operation,
    tables: [],
    entries: Math.max(1, entries.length),
    ...(arn !== undefined && { topic: arn.split(':').at(-1) ?? arn }),
  };
}
