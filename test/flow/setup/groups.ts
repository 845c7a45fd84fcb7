import { expect } from 'vitest';
import type { AwsProxy } from '../../../local/aws-proxy/index.ts';
import type { Json } from './json.ts';
import type { TestSocket } from './socket.ts';
import { newUser, type Reachable } from './stack.ts';

/** Group requests, on the stack that the test file has started. */
export function groupsOf(chat: () => Reachable) {
  const call = (user: string, method: string, path: string, body?: object) =>
    chat().http(user, path, { method, ...(body && { body: JSON.stringify(body) }) });

  const newGroup = async (owner: string, members: readonly string[], more: object = {}): Promise<string> => {
    const { status, body } = await call(owner, 'POST', '/groups', { name: 'Rowers', members, ...more });
    expect(status).toBe(201);
    return body.conversationId;
  };

  return {
    call,
    newGroup,
    /**
     * Starts two instances of the HTTP function: one for the request that a test holds, one for those it makes meanwhile.
     * A cold start may take longer than a call can be held: then the AWS SDK repeats it.
     */
    async warmUp(proxy: AwsProxy): Promise<void> {
      const user = newUser('warm');
      // On a busy machine the first request may take more than the function's time.
      const id = await newGroup(user, []).catch(() => newGroup(user, []));
      const held = proxy.setBreakpoint({ route: 'GET /groups/{id}', operation: 'GetItem' });
      const first = call(user, 'GET', `/groups/${id}`);
      await held.reached;
      await call(user, 'GET', `/groups/${id}`);
      held.release();
      await first;
    },
    /** For responses without a body. */
    async send(user: string, method: string, path: string): Promise<Response> {
      const headers = { authorization: `Bearer ${await chat().token(user)}` };
      return fetch(chat().httpUrl + path, { method, headers });
    },
    historyOf: (user: string, id: string, query = '') =>
      chat().http(user, `/conversations/${id}/messages${query}`),
  };
}

export const say = (socket: TestSocket, conversationId: string, text: string) => {
  const clientMsgId = text.replace(/[^A-Za-z0-9]/g, '-');
  return socket.request({
    action: 'sendMessage',
    clientMsgId,
    conversationId,
    content: { type: 'text', text },
  });
};

export const isSystem = (event: string) => (frame: Json) =>
  frame.type === 'messages' && frame.messages.some(({ content }: Json) => content.event === event);
