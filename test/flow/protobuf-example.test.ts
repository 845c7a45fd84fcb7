import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { sharedStack } from './setup/stack.ts';

it('a client generated from im.proto alone talks with the server (IM-PB)', async () => {
  const stack = await sharedStack();
  onTestFinished(() => stack.stop());
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['examples/protobuf/main.ts', stack.wsUrl, stack.tokenUrl]);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => ({ to: line.split(' ')[0], ...JSON.parse(line.slice(line.indexOf('{'))) }));
  expect(lines).toContainEqual(expect.objectContaining({ to: 'alice', frame: 'sent' }));
  expect(lines).toContainEqual(expect.objectContaining({ to: 'bob', frame: 'messages' }));
});
