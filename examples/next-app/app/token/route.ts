import { signedInUser } from '../session.ts';

const { CHAT_HTTP_URL = 'http://127.0.0.1:8787' } = process.env;

/**
 * `POST /token`: the chat's token for whoever is signed in. The browser sends its cookie, and no name that it could choose.
 *
 * On your machine the issuer of `serverless-im start` makes the token. In production return the access token that your
 * session already has from the chat's issuer: README.md.
 */
export async function POST(): Promise<Response> {
  const userId = await signedInUser();
  if (userId === undefined) return new Response(null, { status: 401 });
  return fetch(`${CHAT_HTTP_URL}/token`, { method: 'POST', body: JSON.stringify({ userId }) });
}
