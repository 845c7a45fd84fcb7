import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { forwardEvents } from '../../../examples/webhook/forward.ts';

it('the webhook example says once that its queue is gone, and once more when it is gone again', async () => {
  vi.useFakeTimers();
  const error = vi.spyOn(console, 'error').mockReturnValue();
  onTestFinished(() => {
    vi.useRealTimers();
    error.mockRestore();
  });
  const stopping = new AbortController();
  const answers = ['gone', 'gone', 'gone', 'read', 'gone', 'gone'];
  const send = async () => {
    const answer = answers.shift();
    if (answer === undefined) stopping.abort();
    if (answer !== 'read') throw new Error('no server');
    return {};
  };
  const forwarding = forwardEvents({
    queues: { send } as unknown as SQSClient,
    queueUrl: 'queue',
    webhookUrl: 'http://127.0.0.1:1/',
    signal: stopping.signal,
  });
  await vi.runAllTimersAsync();
  await forwarding;
  expect(error.mock.calls).toEqual(
    Array(2).fill([expect.stringMatching(/^The queue can't be read, .*no server$/)]),
  );
});

it('the webhook example refuses an argument', async () => {
  const run = promisify(execFile)(process.execPath, ['examples/webhook/main.ts', '--help']);
  await expect(run).rejects.toMatchObject({
    code: 2,
    stderr: 'This example takes no arguments: it looks at WEBHOOK_URL and EVENTS_TOPIC_ARN.\n',
  });
});
