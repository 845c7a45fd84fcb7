import { type Client, createClient, indexedDbStore } from '@serverless-im/client';

/** Where `npm run chat` listens. */
const CHAT = '127.0.0.1:8787';
const { VITE_HTTP_URL = `http://${CHAT}`, VITE_WS_URL = `ws://${CHAT}/prod` } = import.meta.env;

/** On your machine anybody gets a token of any user. In production your sign-in gives it: docs/sign-in.md. */
async function tokenOf(userId: string): Promise<string> {
  const response = await fetch(`${VITE_HTTP_URL}/token`, {
    method: 'POST',
    body: JSON.stringify({ userId }),
  });
  return (await response.json()).token;
}

export function connectAs(userId: string): Client {
  const im = createClient({
    wsUrl: VITE_WS_URL,
    httpUrl: VITE_HTTP_URL,
    getToken: () => tokenOf(userId),
    store: indexedDbStore(`unsent-of-${userId}`),
  });
  void im.connect();
  return im;
}
