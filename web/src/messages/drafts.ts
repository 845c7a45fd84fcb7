import type { Client } from '@serverless-im/client';
import { useCallback, useSyncExternalStore } from 'react';
import { tabStorage } from '../session/tab-storage.ts';

/**
 * One user's unsent texts by conversation, which messages they answer, and the names of conversations (use-kept-name.ts). They survive a change of the
 * conversation and, in this tab, a reload.
 */
export interface Drafts {
  get(key: string): string;
  set(key: string, text: string): void;
  /** For a user who signs out. */
  clear(): void;
  subscribe(onChange: () => void): () => void;
}

const byUser = new Map<string, Drafts>();
const byClient = new WeakMap<Client, Drafts>();

/** Names the user of a client. */
export function keepDrafts(im: Client, user: string): void {
  const drafts = byUser.get(user) ?? openDrafts(`im.drafts.${user}`);
  byUser.set(user, drafts);
  byClient.set(im, drafts);
}

export function draftsOf(im: Client): Drafts {
  const drafts = byClient.get(im);
  if (drafts === undefined) throw new Error('the client needs keepDrafts');
  return drafts;
}

/** Where the draft keeps which message it answers. */
export function replyPlace(key: string): string {
  return `answered by ${key}`;
}

/** The seq of the message that the draft answers. */
export function useDraftReply(
  im: Client,
  key: string,
): readonly [number | undefined, (seq: number | undefined) => void] {
  const [place, put] = useDraft(im, replyPlace(key));
  const write = useCallback((seq: number | undefined) => put(seq === undefined ? '' : String(seq)), [put]);
  return [place === '' ? undefined : Number(place), write];
}

export function useDraft(im: Client, key: string): readonly [string, (text: string) => void] {
  const drafts = draftsOf(im);
  const look = () => drafts.get(key);
  const write = useCallback((text: string) => drafts.set(key, text), [drafts, key]);
  return [useSyncExternalStore(drafts.subscribe, look), write];
}

function openDrafts(name: string): Drafts {
  const texts = new Map<string, string>(JSON.parse(tabStorage.getItem(name) ?? '[]'));
  const listeners = new Set<() => void>();
  // Not at each keystroke: a pasted text may be large.
  addEventListener('pagehide', () => {
    if (texts.size > 0) tabStorage.setItem(name, JSON.stringify([...texts]));
    else tabStorage.removeItem(name);
  });
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    get: (key) => texts.get(key) ?? '',
    set(key, text) {
      if (text === '') texts.delete(key);
      else texts.set(key, text);
      changed();
    },
    clear() {
      texts.clear();
      tabStorage.removeItem(name);
      changed();
    },
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}
