import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAwsProxy } from '../../local/aws-proxy/index.ts';
import { sending } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

/** An account in which one function runs at a time. */
const proxy = createAwsProxy();
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ awsProxy: proxy.attach, accountConcurrency: 1, onWarning: () => undefined });
});
afterAll(() => stack?.stop());

it('an account without concurrency left answers with gateway errors, and loses neither a send nor a queued job', async () => {
  const [a, bob, carol] = [newUser('alice'), newUser('bob'), newUser('carol')];
  const alice = await stack.join(a);
  const holding = proxy.setBreakpoint({ route: 'sendMessage', operation: 'SendMessageBatch', when: 'after' });
  const sent = alice.request(sending(bob, 'hi'));
  await holding.reached;
  // The job for bob is in the queue, and its worker is throttled.
  expect((await stack.http(a, '/conversations')).status).toBe(503);
  alice.send(JSON.stringify({ id: 'r-lost', ...sending(carol, 'lost') }));
  await alice.gatewayFrame();
  holding.release();
  expect(await sent).toMatchObject({ type: 'sent' });
  await stack.inboxHolds(bob, 1);
  expect((await stack.http(a, '/conversations')).status).toBe(200);
  expect(await alice.request(sending(carol, 'lost'))).toMatchObject({ type: 'sent' });
});
