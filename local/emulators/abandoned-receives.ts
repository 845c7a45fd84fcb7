import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson, recordOf } from '../json.ts';

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Puts messages back that fauxqs hands to a long poll whose caller has died meanwhile. Otherwise each queue's first message
 * after the death of a node would be in flight, seen by nobody, until its visibility time-out ends.
 * @param endpoint of the only server in this thread
 */
export function returnAbandonedReceives(endpoint: string): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as Exchange;
    if (request.headers['x-amz-target'] !== 'AmazonSQS.ReceiveMessage') return;
    const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
    response.end = (...args: unknown[]) => {
      const handles = request.socket.destroyed ? receiptHandlesIn(String(args[0])) : [];
      // A failure leaves them in flight.
      if (handles.length > 0) makeVisible(endpoint, handles).catch(() => {});
      return end(...args);
    };
  });
}

function receiptHandlesIn(answer: string): readonly unknown[] {
  const { Messages: messages } = recordOf(parseJson(answer));
  return Array.isArray(messages) ? messages.map((message) => recordOf(message)['ReceiptHandle']) : [];
}

/** The answer does not name its queue, and a queue leaves handles of others alone. */
async function makeVisible(endpoint: string, handles: readonly unknown[]): Promise<void> {
  const entries = handles.map((handle, at) => ({
    Id: String(at),
    ReceiptHandle: handle,
    VisibilityTimeout: 0,
  }));
  const queues = (await (await fetch(`${endpoint}/_fauxqs/queues`)).json()) as { readonly url: string }[];
  for (const { url } of queues) {
    await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AmazonSQS.ChangeMessageVisibilityBatch',
      },
      body: JSON.stringify({ QueueUrl: url, Entries: entries }),
    });
  }
}
