import type { Client, ConversationSummary } from '@serverless-im/client';
import { useConnection, useConversations, usePush } from '@serverless-im/client/react';
import { createContext, useContext, useEffect } from 'react';
import { removeWorker, workerOf, workersOf } from './worker.ts';

/** Sign-outs wait no longer for the server, which also learns from the push service that the browser is gone. */
const LEAVE_MS = 3_000;

const CanNotify = createContext(false);

/** Around a chat whose user is the only one of its page. */
export const CanNotifyProvider = CanNotify.Provider;

export function useCanNotify(): boolean {
  return useContext(CanNotify);
}

/** Before a sign-out: the next user of this browser gets no notifications of this one's. */
export async function endNotifications(im: Client): Promise<void> {
  for (const serviceWorker of await workersOf(im.userId)) {
    const isOff = im.push.disable({ serviceWorker }).catch(() => {});
    await Promise.race([isOff, new Promise((resolve) => setTimeout(resolve, LEAVE_MS))]);
    await removeWorker(serviceWorker);
  }
}

/** Serves the service worker's questions, and closes notifications of what was read, here or on another device. */
export function useNotifications(im: Client, select: (key: string) => void): void {
  useConnection(im);
  const { userId } = im;
  const isOn = usePush(im) === 'enabled';
  const conversations = useConversations(im);
  useEffect(() => {
    if (userId !== undefined) return answerWorker(im, userId, select);
  }, [im, userId, select]);
  useEffect(() => {
    // What it can't find out now, it finds out when the page is next loaded.
    if (userId !== undefined) resume(im, userId).catch(() => {});
  }, [im, userId]);
  useEffect(() => {
    if (isOn && userId !== undefined && conversations !== undefined)
      closeRead(userId, conversations).catch(() => {});
  }, [isOn, userId, conversations]);
}

/** Makes a request only for a user who has turned notifications on in this browser. */
async function resume(im: Client, userId: string): Promise<void> {
  const serviceWorker = await workerOf(userId);
  if (serviceWorker === undefined) return;
  await im.push.load({ serviceWorker });
  // No page is in its scope, so the browser looks for a new version only when a push comes.
  await serviceWorker.update();
}

/** What web/public/service-worker.js sends. */
type Question =
  | { readonly type: 'whose'; readonly user: string }
  | { readonly type: 'open'; readonly key: string }
  | { readonly type: 'changed' };

function answerWorker(im: Client, userId: string, select: (key: string) => void): () => void {
  const answer = ({ data, ports }: MessageEvent<Question>): void => {
    if (data.type === 'whose') ports[0]?.postMessage(data.user === userId);
    else if (data.type === 'open') select(data.key);
    else if (data.type === 'changed') im.push.load().catch(() => {});
  };
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  workers?.addEventListener('message', answer);
  workers?.startMessages();
  return () => workers?.removeEventListener('message', answer);
}

async function closeRead(userId: string, conversations: readonly ConversationSummary[]): Promise<void> {
  for (const notification of (await (await workerOf(userId))?.getNotifications()) ?? []) {
    const { conversationId, seq }: { conversationId: string; seq: number } = notification.data;
    const summary = conversations.find((one) => one.conversationId === conversationId);
    // A conversation that is not in the list is one that the user has left.
    if (summary === undefined || summary.readSeq >= seq) notification.close();
  }
}
