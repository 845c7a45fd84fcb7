import type { Form } from './bucket/form.ts';
import type { Call, Mutable } from './call.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Caller } from './invocations.ts';
import type { SentRequest } from './sent-request.ts';

/** A call that the proxy is handling. */
export interface Exchange {
  readonly call: Mutable<Call>;
  readonly caller: Caller;
  readonly request: SentRequest;
  /** Parsed body of a DynamoDB or SQS request. */
  readonly input: unknown;
  readonly client: ClientConnection;
  /** Of an upload by a form. */
  readonly form?: Form;
}
