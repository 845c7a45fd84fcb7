/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scanAssembly } from '../setup/assembly.ts';
import { createTestProxy } from './setup/proxy.ts';
import { historyOf } from './setup/sends.ts';
import { askForm, directId, linksTo, postForm, sendingFile, uploadFile } from './setup/small-files.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';

const EICAR = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';
const SCAN = { function: 'ScanResults', operation: 'UpdateItem' };

const proxy = createTestProxy();
const warnings: string[] = [];
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    cdkOut: await scanAssembly(),
    awsProxy: proxy.attach,
    onWarning: (warning) => warnings.push(warning),
  });
});
afterAll(() => stack?.stop());

async function newPair() {
  const [alice, bob] = [newUser('alice'), newUser('bob')];
  const socket = await stack.join(alice);
  return { alice, bob, socket, history: () => historyOf(stack, bob, alice) };
}

describe('a deployment that scans files', () => {
  it('says in one line that this machine has no scanner', () => {
    expect(warnings.filter((warning) => /MalwareProtectionPlan|AWS::Events/.test(warning))).toEqual([
      expect.stringMatching(/can't scan on one machine: .* but for the EICAR test file\.$/),
    ]);
  });

  it('sends a file when the scan has found nothing, and not before (IM-FILE-9)', async () => {
    const { alice, bob, socket, history } = await newPair();
    const result = proxy.setBreakpoint(SCAN);
    const id = await uploadFile(stack, alice, bob);
    await result.reached;
    const early = await socket.request(sendingFile(bob, id));
    expect(early).toMatchObject({ code: 'unavailable', retryable: true });
    expect(await history()).toEqual([]);
    const written = proxy.nextEnd({ function: 'ScanResults' });
    result.release();
    await written;
    expect(await socket.request(sendingFile(bob, id))).toMatchObject({ type: 'sent', seq: 1 });
    const { body } = await linksTo(stack, bob, directId(alice, bob), 1);
    expect(await (await fetch(body.attachments[0].url)).text()).toBe('tiny');
  });

  it('sends no malware (IM-FILE-9)', async () => {
    const { alice, bob, socket, history } = await newPair();
    const scanned = proxy.nextEnd({ function: 'ScanResults' });
    const id = await uploadFile(stack, alice, bob, { bytes: EICAR });
    await scanned;
    const answer = await socket.request(sendingFile(bob, id));
    expect(answer).toMatchObject({ code: 'blocked_content', retryable: false });
    expect(await history()).toEqual([]);
  });

  it('sends the bytes that were scanned, not those uploaded since (IM-FILE-9)', async () => {
    const { alice, bob, socket, history } = await newPair();
    const good = ' '.repeat(EICAR.length);
    const { body } = await askForm(stack, alice, bob, { bytes: good });
    const first = proxy.nextEnd({ function: 'ScanResults' });
    await postForm(body.upload, good);
    await first;
    const result = proxy.setBreakpoint(SCAN);
    await postForm(body.upload, EICAR);
    await result.reached;
    const early = await socket.request(sendingFile(bob, body.attachmentId));
    expect(early).toMatchObject({ code: 'unavailable' });
    const second = proxy.nextEnd({ function: 'ScanResults' });
    result.release();
    await second;
    const late = await socket.request(sendingFile(bob, body.attachmentId));
    expect(late).toMatchObject({ code: 'blocked_content' });
    expect(await history()).toEqual([]);
  });

  it('answers a repeat of what it has sent (IM-SEND-2)', async () => {
    const { alice, bob, socket } = await newPair();
    const scanned = proxy.nextEnd({ function: 'ScanResults' });
    const id = await uploadFile(stack, alice, bob);
    await scanned;
    const ack = await socket.request(sendingFile(bob, id));
    expect(await socket.request(sendingFile(bob, id))).toMatchObject({ seq: ack.seq, duplicate: true });
  });
});
