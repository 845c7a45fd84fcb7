import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** The part of an event that is printed (docs/protocol.md, section 18). */
interface Event {
  readonly id: string;
  readonly type: string;
  readonly conversationId?: string;
  readonly seq?: number;
  readonly rev?: number;
  readonly actor?: string;
  readonly data: {
    readonly message?: { readonly content: unknown };
    readonly change?: { readonly kind: string };
    readonly users?: readonly string[];
  };
}

const MOST_IDS = 10_000;

/** A server that stands for yours: prints each event once, and answers 204. @returns its URL */
export async function startReceiver(print: (line: string) => void): Promise<string> {
  // An event may come twice, and has the same id then. A database would keep the ids for good.
  const seen = new Set<string>();
  const server = createServer(async (request, response) => {
    const event = JSON.parse(await text(request)) as Event;
    if (!seen.has(event.id)) print(lineOf(event));
    seen.add(event.id);
    const [oldest] = seen;
    if (seen.size > MOST_IDS && oldest !== undefined) seen.delete(oldest);
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function lineOf({ type, conversationId, seq, rev, actor, data }: Event): string {
  const what = data.message?.content ?? data.users ?? {};
  const { kind } = data.change ?? {};
  return [
    type,
    conversationId,
    seq && `seq ${seq}`,
    rev && `rev ${rev}`,
    kind,
    actor,
    harmless(JSON.stringify(what)),
  ]
    .filter((part) => part !== undefined && part !== 0)
    .join('  ');
}

/** A user's text must not control this terminal. JSON escapes the usual control characters, but not these. */
function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '�');
}
