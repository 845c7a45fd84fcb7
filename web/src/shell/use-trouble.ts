import type { ChatMessage, Client, OwnMessage } from '@serverless-im/client';
import { useConnection } from '@serverless-im/client/react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useGroup } from '../groups/use-group.ts';
import { useSince } from '../ui/use-since.ts';

/** Shorter interruptions are not shown: messages wait and are then sent. */
const PATIENCE_MS = 1_000;
/** An answer takes a fraction of this. A socket that died without a word is noticed only because answers are missing. */
const ANSWER_MS = 2_000;

/** `offline`: the browser says so. `silent`: connected, but the server does not answer. */
export type Trouble = 'offline' | 'disconnected' | 'silent';

/** The reason why messages can't be sent; undefined if they can. */
export function useTrouble(im: Client): Trouble | undefined {
  const isDown = useConnection(im).current !== 'connected';
  const isOnline = useSyncExternalStore(subscribe, () => navigator.onLine);
  const isDownForLong = useSince(isDown, PATIENCE_MS);
  const unsent = useFirstUnsent(im);
  const isSilent = useSince(!isDown && unsent !== undefined, ANSWER_MS, unsent);
  const isTooSoon = useTooSoon(isDown ? undefined : unsent);
  if (isDown && !isOnline) return 'offline';
  if (isDownForLong) return 'disconnected';
  return isSilent && !isTooSoon ? 'silent' : undefined;
}

/** Whether the message may wait for its turn in slow mode: the server has answered, and the client sends it later. */
function useTooSoon(unsent: ChatMessage | undefined): boolean {
  const isLate = useSince(unsent !== undefined, ANSWER_MS / 2, unsent);
  const conversationId =
    isLate && unsent?.conversationId?.startsWith('g:') ? unsent.conversationId : undefined;
  const { value, isAdmin } = useGroup(conversationId);
  return (
    value !== undefined && value.conversationId === conversationId && value.slowModeSeconds > 0 && !isAdmin
  );
}

/** The first of the messages that were sent here and have no answer yet. While its files are uploaded, none is due. */
function useFirstUnsent(im: Client): ChatMessage | undefined {
  const [unsent, setUnsent] = useState<readonly ChatMessage[]>([]);
  useEffect(() => {
    const offs = new Set<() => void>();
    const off = im.on('message', (message) => {
      if (!isFromHere(message)) return;
      const { conversationId, uploads } = message;
      const look = () =>
        setUnsent((all) => (isUploading(message) ? without(all, message) : withOne(all, message)));
      const stop =
        uploads === undefined || conversationId === undefined
          ? () => {}
          : im.conversation(conversationId).on('upload', look);
      offs.add(stop);
      const remove = () => {
        stop();
        offs.delete(stop);
        setUnsent((all) => without(all, message));
      };
      look();
      message.acked.then(remove, remove);
    });
    offs.add(off);
    return () => {
      for (const end of offs) end();
    };
  }, [im]);
  return unsent[0];
}

function isUploading({ uploads }: ChatMessage): boolean {
  return uploads?.some(({ state }) => state !== 'done') === true;
}

/** The same list if nothing changes: progress must not render the page. */
function withOne(all: readonly ChatMessage[], message: ChatMessage): readonly ChatMessage[] {
  return all.includes(message) ? all : [...all, message];
}

function without(all: readonly ChatMessage[], message: ChatMessage): readonly ChatMessage[] {
  return all.includes(message) ? all.filter((one) => one !== message) : all;
}

function isFromHere(message: ChatMessage): message is OwnMessage {
  return 'acked' in message;
}

function subscribe(onChange: () => void): () => void {
  addEventListener('online', onChange);
  addEventListener('offline', onChange);
  return () => {
    removeEventListener('online', onChange);
    removeEventListener('offline', onChange);
  };
}
