import type { InvokeResult, Invoker } from '../../../local/model.ts';

/** A handler: its result is the payload, its exception the function's error. */
export type FakeFunction = (event: FakeEvent) => unknown;

/** Any of the gateway's events, with the fields that tests read. */
export interface FakeEvent {
  readonly [field: string]: unknown;
  readonly methodArn?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly requestContext: {
    readonly [field: string]: unknown;
    readonly routeKey: string;
    readonly connectionId: string;
    readonly authorizer?: Readonly<Record<string, unknown>>;
    readonly disconnectStatusCode?: number;
    readonly disconnectReason?: string;
  };
}

/** Plain functions instead of Lambda. Events pass through JSON, as on Lambda. */
export class FakeFunctions implements Invoker {
  readonly #functions: Readonly<Record<string, FakeFunction>>;
  readonly #calls = new Map<string, FakeEvent[]>();
  readonly #waiting: { readonly functionId: string; readonly count: number; readonly done: () => void }[] =
    [];

  constructor(functions: Readonly<Record<string, FakeFunction>>) {
    this.#functions = functions;
  }

  async invoke(functionId: string, event: unknown): Promise<InvokeResult> {
    const copy: FakeEvent = JSON.parse(JSON.stringify(event));
    const calls = this.calls(functionId);
    calls.push(copy);
    this.#calls.set(functionId, calls);
    for (const { functionId: id, count, done } of this.#waiting) {
      if (id === functionId && calls.length >= count) done();
    }
    try {
      const payload = await this.#functions[functionId]?.(copy);
      return { ok: true, payload: payload === undefined ? null : JSON.parse(JSON.stringify(payload)) };
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      return { ok: false, errorType: name, errorMessage: message };
    }
  }

  calls(functionId: string): FakeEvent[] {
    return this.#calls.get(functionId) ?? [];
  }

  /** Resolves with the function's event number `count`. */
  async call(functionId: string, count = 1): Promise<FakeEvent> {
    if (this.calls(functionId).length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push({ functionId, count, done: resolve });
      await promise;
    }
    const event = this.calls(functionId)[count - 1];
    if (event === undefined) throw new Error(`${functionId} has no call ${count}`);
    return event;
  }
}

/** The policy that allows the upgrade. */
export function allow(event: FakeEvent, context: Readonly<Record<string, unknown>> = {}) {
  return policy('Allow', event, context);
}

export function deny(event: FakeEvent) {
  return policy('Deny', event, {});
}

function policy(effect: 'Allow' | 'Deny', event: FakeEvent, context: Readonly<Record<string, unknown>>) {
  const statement = { Effect: effect, Action: 'execute-api:Invoke', Resource: event.methodArn };
  return {
    principalId: 'alice',
    policyDocument: { Version: '2012-10-17', Statement: [statement] },
    context,
  };
}
