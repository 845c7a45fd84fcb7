import { inject } from 'vitest';
import { asAdmin } from '../../../test/flow/setup/admin.ts';

const stack = inject('stack');

let users = 0;
/** A user id that no other test uses. */
export function newUser(name: string): string {
  users += 1;
  return `${name}-${process.pid}-${users}`;
}

export async function tokenOf(userId: string, claims: object = {}): Promise<string> {
  const body = JSON.stringify({ userId, ...claims });
  const response = await fetch(stack.tokenUrl, { method: 'POST', body });
  const { token }: { token: string } = await response.json();
  return token;
}

/** Creates a group over HTTP. */
export async function makeGroup(admin: string, name: string, members: readonly string[]): Promise<void> {
  const headers = { authorization: `Bearer ${await tokenOf(admin)}` };
  const body = JSON.stringify({ name, members });
  const response = await fetch(`${stack.httpUrl}/groups`, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
}

/** Sends texts as this user over HTTP, one after the other. */
export async function say(
  from: string,
  to: string,
  texts: readonly string[],
  refers: object = {},
): Promise<void> {
  const token = await tokenOf(from);
  for (const text of texts) {
    const response = await fetch(`${stack.httpUrl}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({
        to,
        clientMsgId: crypto.randomUUID(),
        content: { type: 'text', text },
        ...refers,
      }),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  }
}

/** Reacts to the last message of this user's only conversation. */
export async function reactToLast(userId: string, name: string): Promise<void> {
  const headers = { authorization: `Bearer ${await tokenOf(userId)}` };
  const list = await fetch(`${stack.httpUrl}/conversations`, { headers });
  const { conversations } = (await list.json()) as {
    conversations: { conversationId: string; head: number }[];
  };
  const [{ conversationId, head } = { conversationId: '', head: 0 }] = conversations;
  const path = `/conversations/${encodeURIComponent(conversationId)}/messages/${head}/reactions/${encodeURIComponent(name)}`;
  const response = await fetch(stack.httpUrl + path, { method: 'PUT', headers });
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
}

/** Sets the user's profile over HTTP. */
export async function putProfile(userId: string, profile: object): Promise<void> {
  const headers = { authorization: `Bearer ${await tokenOf(userId)}` };
  const response = await fetch(`${stack.httpUrl}/profile`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(profile),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
}

/** Starts the erasure of this user, as the operator does. */
export async function erase(userId: string): Promise<void> {
  const { status } = await asAdmin(stack, `DELETE /admin/users/${userId}`);
  if (status !== 202) throw new Error(`HTTP ${status}`);
}

/** Sends a text as the operator. */
export async function sayAsOperator(to: string, text: string): Promise<void> {
  const message = { from: 'system', to, clientMsgId: crypto.randomUUID(), content: { type: 'text', text } };
  const { status } = await asAdmin(stack, 'POST /admin/messages', message);
  if (status !== 200) throw new Error(`HTTP ${status}`);
}
