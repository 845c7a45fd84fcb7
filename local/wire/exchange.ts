import type { Call, Mutable } from './call.ts';
import type { ClientLine } from './client-line.ts';
import type { Caller } from './invocations.ts';
import type { SentRequest } from './request.ts';

/** One call on its way through the wire. */
export interface Exchange {
  readonly call: Mutable<Call>;
  readonly caller: Caller;
  readonly request: SentRequest;
  /** Parsed body of a request to DynamoDB or SQS. */
  readonly input: unknown;
  readonly line: ClientLine;
}
