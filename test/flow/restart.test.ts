import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RuntimeOptions } from '../../local/runtime.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

const dataDirectory = mkdtempSync(join(tmpdir(), 'serverless-im-data-'));
afterAll(() => rmSync(dataDirectory, { recursive: true, force: true }));

/** Starts on the data of the previous run. */
async function start(options: RuntimeOptions = {}): Promise<Stack> {
  const stack = await startStack({ dataDirectory, ...options });
  onTestFinished(() => stack.stop());
  return stack;
}

const sending = (to: string, text: string) => ({
  action: 'sendMessage',
  clientMsgId: text,
  to,
  content: { type: 'text', text },
});

describe('a restart of the local runtime', () => {
  it('keeps messages, inboxes, and, on the same port, tokens (IM-FAULT-18)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const before = await start();
    const token = await before.token(b);
    const alice = await before.join(a);
    await alice.request(sending(b, 'first'));
    await before.inboxHolds(b, 1);
    await before.stop();

    const after = await start({ port: before.port });
    const bob = await after.open(b, { token });
    const { inbox } = await bob.request({ action: 'hello' });
    expect(inbox.messages).toMatchObject([{ seq: 1, content: { text: 'first' } }]);
    const again = await after.join(a);
    expect(await again.request(sending(b, 'first'))).toMatchObject({ duplicate: true, seq: 1 });
    expect(await again.request(sending(b, 'second'))).toMatchObject({ duplicate: false, seq: 3 });
  });

  it('cleans up the old routes: a message to them goes to the inbox (IM-CONN-5, IM-FAULT-2)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const before = await start();
    await before.join(b);
    await before.stop();
    const after = await start({ port: before.port });
    const alice = await after.join(a);
    await alice.request(sending(b, 'hi'));
    await after.inboxHolds(b, 1);
  });
});
