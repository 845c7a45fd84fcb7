/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createClient, type DeskChat, type DeskClient } from '../../client/src/desk/index.ts';
import { fullJitterBackoff } from '../../client/src/index.ts';
import type { TokenOptions } from '../../local/dev-issuer.ts';
import { deskEnvironment } from './setup/desk.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ environment: deskEnvironment() });
});
afterAll(() => stack?.stop());

const retryPolicy = fullJitterBackoff({ baseMs: 20, capMs: 200 });

async function join(userId: string, options?: TokenOptions, deviceId = userId): Promise<DeskClient> {
  const getToken = () => stack.token(userId, options);
  const { wsUrl, httpUrl } = stack;
  const im = createClient({ wsUrl, httpUrl, getToken, deviceId, retryPolicy });
  onTestFinished(() => im.close());
  await im.connect();
  return im;
}

const heard = (im: DeskClient, fits: (chat: DeskChat) => boolean): Promise<DeskChat> =>
  new Promise((resolve) => {
    const known = im.desk.chats().find(fits);
    if (known !== undefined) resolve(known);
    im.desk.on('changed', (chat) => {
      if (fits(chat)) resolve(chat);
    });
  });

describe('the SDK at the desk', () => {
  it('connects a customer and an agent, who see the messages in the order they were written (IM-DESK-2, IM-DESK-3)', async () => {
    const [customer, name] = [newUser('customer'), newUser('agent')];
    const im = await join(customer);
    const chat = await im.desk.open({ topic: 'My bill' });
    expect(chat).toMatchObject({ state: 'waiting', customer, topic: 'My bill', agent: null });
    const { conversationId } = chat;
    for (const text of ['one', 'two'])
      await im.conversation(conversationId).send({ type: 'text', text }).acked;
    expect(im.conversations()).toMatchObject([{ conversationId, kind: 'support', peer: undefined }]);

    const agent = await join(name, { roles: ['agent'], name: 'Ann' });
    expect(await agent.agent.ready({ queues: ['default'], capacity: 1 })).toMatchObject({ status: 'ready' });
    const assigned = await heard(agent, ({ state }) => state === 'assigned');
    expect(assigned.conversationId).toBe(conversationId);
    const { messages } = await agent.conversation(conversationId).history();
    expect(messages.flatMap(({ content }) => (content.type === 'text' ? [content.text] : []))).toEqual([
      'one',
      'two',
    ]);
    expect((await heard(im, ({ state }) => state === 'assigned')).agent?.userId).toBe(name);

    await agent.desk.close(conversationId);
    await heard(im, ({ state }) => state === 'closed');
    expect(await im.desk.close(conversationId, 5)).toMatchObject({ state: 'closed', rating: 5 });
    expect(await agent.agent.away()).toMatchObject({ status: 'away', active: 0 });
  });

  it('leaves an agent ready after a lost connection, with their chats (IM-DESK-7, IM-DESK-8)', async () => {
    const [customer, name] = [newUser('customer'), newUser('agent')];
    const agent = await join(name, { roles: ['agent'] });
    await agent.agent.ready({ queues: ['default'], capacity: 2 });
    const reconnected = new Promise<void>((resolve) => {
      let wasLost = false;
      agent.on('connection', ({ current }) => {
        if (current === 'reconnecting') wasLost = true;
        if (current === 'connected' && wasLost) resolve();
      });
    });
    for (const { connectionId, authorizer } of stack.gateway.connections())
      if (authorizer?.['userId'] === name) stack.gateway.cut(connectionId, { silent: true });
    await reconnected;
    const im = await join(customer);
    const { conversationId } = await im.desk.open();
    const assigned = await heard(agent, (chat) => chat.conversationId === conversationId);
    expect(assigned).toMatchObject({ state: 'assigned', customer });
    await im.desk.close(conversationId);
    await heard(agent, (chat) => chat.conversationId === conversationId && chat.state === 'closed');
    await agent.agent.away();
  });

  it('leaves an agent away whose other tab reconnects, and shows it there (IM-DESK-8)', async () => {
    const name = newUser('agent');
    const join2 = (deviceId: string) => join(name, { roles: ['agent'] }, deviceId);
    const [first, second] = [await join2('first'), await join2('second')];
    await first.agent.ready({ queues: ['default'], capacity: 1 });
    await expect.poll(() => second.agent.state?.status).toBe('ready');
    const lost = new Promise<void>((resolve) => {
      first.on('connection', ({ current }) => current === 'reconnecting' && resolve());
    });
    for (const { connectionId, authorizer } of stack.gateway.connections())
      if (authorizer?.['userId'] === name && authorizer['deviceId'] === 'first')
        stack.gateway.cut(connectionId, { silent: true });
    await second.agent.away();
    await lost;
    await expect.poll(() => first.agent.state?.status).toBe('away');
    expect((await second.agent.me()).agent?.status).toBe('away');
  });

  it('takes a chat from the list of an agent who transfers it, at once and on a device that was cut off (IM-CHANGE-3)', async () => {
    const [customer, first, second] = [newUser('customer'), newUser('agent'), newUser('agent')];
    const [ann, ben] = [await join(first, { roles: ['agent'] }), await join(second, { roles: ['agent'] })];
    const im = await join(customer);
    await ann.agent.ready({ queues: ['default'], capacity: 1 });
    const { conversationId } = await im.desk.open();
    await heard(ann, (chat) => chat.conversationId === conversationId);
    const { wsUrl, httpUrl } = stack;
    const getToken = () => stack.token(first, { roles: ['agent'] });
    const phone = createClient({ wsUrl, httpUrl, getToken, deviceId: 'phone', retryPolicy });
    onTestFinished(() => phone.close());
    await phone.connect();
    const ids = (one: DeskClient) => one.conversations()?.map((summary) => summary.conversationId);
    for (const one of [ann, phone]) await expect.poll(() => ids(one)).toEqual([conversationId]);
    phone.close();
    await ben.agent.ready({ queues: ['default'], capacity: 1 });
    await ann.agent.transfer(conversationId, second);
    await expect.poll(() => ids(ann)).toEqual([]);
    await phone.connect();
    expect(ids(phone)).toEqual([]);
    await ben.desk.close(conversationId);
    for (const one of [ann, ben]) await one.agent.away();
  });

  it('refuses what only agents and supervisors may do (IM-ROLE)', async () => {
    const im = await join(newUser('customer'));
    await expect(im.agent.ready({ queues: ['default'], capacity: 1 })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(im.agent.queues()).rejects.toMatchObject({ code: 'forbidden' });
  });
});
