import type { IncomingMessage } from 'node:http';
import type { BucketModel, CorsRule } from '../../model.ts';
import { denial } from '../refusal.ts';
import type { SentRequest } from '../sent-request.ts';
import { type Answer, wholeBody } from '../upstream.ts';
import { corsHeaders, preflight } from './bucket-cors.ts';
import { bucketInput } from './bucket-request.ts';
import { type Form, isForm, readForm } from './form.ts';
import { signerOfLink } from './link.ts';

/** A request from outside the stack: refused, answered, by a client of AWS with a key of its own, or in a function's name. */
export type Visit =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'own'; readonly sent: SentRequest }
  | { readonly kind: 'signed'; readonly sent: SentRequest; readonly signer: string; readonly form?: Form };

/** The key of tests and commands on this machine. */
const OWN_KEY = 'local';

/**
 * Browsers, and whoever has a link: S3 checks what the emulator would let pass. The signatures of clients of AWS are not verified,
 * only those of links and forms: these leave the hands of who may sign.
 */
export class Visitors {
  #cors = new Map<string, readonly CorsRule[]>();
  #signers: ReadonlySet<string> = new Set();

  /** @param signers ids of functions, whose permissions their links and forms have */
  setStack(buckets: readonly BucketModel[], signers: readonly string[]): void {
    this.#cors = new Map(buckets.map(({ bucketName, cors }) => [bucketName, cors]));
    this.#signers = new Set(signers);
  }

  async receive(request: IncomingMessage, nowMs: number): Promise<Visit> {
    const { method = 'GET', url: path = '/', rawHeaders: headers } = request;
    const empty = Buffer.alloc(0);
    const isKnown = (key: string) => key === OWN_KEY || this.#signers.has(key);
    if (isForm(request)) {
      const { Bucket } = bucketInput({ method, path, headers, body: empty });
      const form = await readForm(request, Bucket, nowMs, isKnown);
      if ('refused' in form) return { kind: 'answered', answer: form.refused };
      return { kind: 'signed', sent: { method, path, headers, body: form.file }, signer: form.signer, form };
    }
    const sent = { method, path, headers, body: await wholeBody(request) };
    if (method === 'OPTIONS')
      return { kind: 'answered', answer: preflight(this.#rulesFor(path), askingOf(request)) };
    if (!new URL(path, 'http://s3').searchParams.has('X-Amz-Signature')) {
      if (request.headers.authorization !== undefined) return { kind: 'own', sent };
      return { kind: 'answered', answer: denial('s3', 'Access Denied') };
    }
    const signed = await signerOfLink(sent, nowMs, isKnown);
    if ('refused' in signed) return { kind: 'answered', answer: signed.refused };
    return { kind: 'signed', sent, signer: signed.signer };
  }

  /** The headers that let a page read the answer. */
  corsHeaders(request: IncomingMessage): readonly (readonly [name: string, value: string])[] {
    if (request.headers.origin === undefined || request.method === 'OPTIONS') return [];
    return corsHeaders(this.#rulesFor(request.url ?? '/'), askingOf(request));
  }

  #rulesFor(path: string): readonly CorsRule[] {
    const { Bucket } = bucketInput({ method: 'GET', path, headers: [], body: Buffer.alloc(0) });
    return this.#cors.get(Bucket) ?? [];
  }
}

function askingOf({ method = 'GET', headers }: IncomingMessage) {
  const names = String(headers['access-control-request-headers'] ?? '').split(',');
  return {
    origin: headers.origin ?? '',
    method: method === 'OPTIONS' ? String(headers['access-control-request-method'] ?? '') : method,
    headers: names.map((name) => name.trim()).filter((name) => name !== ''),
  };
}
