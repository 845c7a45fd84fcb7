import { usualHttpUrl } from '../cli/local-stack.ts';

/**
 * The server for the examples: by default the local stack of `npm start`, on whatever port. For a deployment, set IM_HTTP_URL
 * and IM_WS_URL (outputs of the stack), and IM_TOKEN.
 */
const { IM_HTTP_URL = usualHttpUrl(), IM_WS_URL, IM_TOKEN } = process.env;

/** The options of `createClient` for this user. */
export async function serverFor(userId: string) {
  const getToken = async () => IM_TOKEN ?? (await devToken(userId));
  // Only now: a server that stops later may come back, and then the client connects again.
  const token = await getToken().catch(noServer);
  const wsUrl = IM_WS_URL ?? (await findWebSocket(token).catch(noServer));
  return { httpUrl: IM_HTTP_URL, wsUrl, getToken };
}

/** The issuer of `npm start` gives anybody a token. */
async function devToken(userId: string): Promise<string> {
  const response = await fetch(`${IM_HTTP_URL}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId }),
  });
  return ((await response.json()) as { token: string }).token;
}

async function findWebSocket(token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${IM_HTTP_URL}/session`, { headers });
  return ((await response.json()) as { wsUrl: string }).wsUrl;
}

function noServer(): never {
  console.error(`No server at ${IM_HTTP_URL}; start one with: npm start`);
  process.exit(1);
}
