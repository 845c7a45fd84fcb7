import type { Client } from '@serverless-im/client';

const drafts = new WeakMap<Client, Map<string, string>>();

/** Unsent text by conversation, until the page is closed. */
export function draftsOf(im: Client): Map<string, string> {
  const known = drafts.get(im) ?? new Map<string, string>();
  drafts.set(im, known);
  return known;
}
