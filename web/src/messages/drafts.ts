import type { Client } from '@serverless-im/client';

const drafts = new WeakMap<Client, Map<string, string>>();

/** What was written and not sent yet, by conversation; kept while the page is. */
export function draftsOf(im: Client): Map<string, string> {
  const known = drafts.get(im) ?? new Map<string, string>();
  drafts.set(im, known);
  return known;
}
