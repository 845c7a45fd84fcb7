import { describe, expect, it } from 'vitest';
import { runNode } from '../infra/run-node.ts';
import { folderWith } from './setup/project.ts';

const PROGRAM = `
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createClient } from '@serverless-im/client';
import { startRuntime } from 'serverless-im/local';

const stack = await startRuntime({ webPort: 0 });
const page = await fetch(stack.webUrl);
console.log(page.headers.get('content-type'));
const { servers } = await (await fetch(stack.webUrl + 'docs/openapi.json')).json();
console.log(servers[0].url === stack.httpUrl, (await fetch(stack.webUrl + 'docs/vendor/asyncapi.js')).status);
const clientOf = (user) =>
  createClient({ wsUrl: stack.wsUrl, httpUrl: stack.httpUrl, getToken: () => stack.token(user) });
const [alice, bob] = [clientOf('alice'), clientOf('bob')];
await Promise.all([alice.connect(), bob.connect()]);
const received = new Promise((resolve) => bob.direct('alice').on('message', resolve));
await alice.direct('bob').send({ type: 'text', text: 'hi' }).acked;
console.log((await received).content.text);
alice.close();
bob.close();
const command = 'node token.js ' + stack.httpUrl + ' {user}';
const verify = ['serverless-im', 'verify', '--http', stack.httpUrl, '--token-command', command];
console.log((await promisify(execFile)('npx', verify)).stdout.trim().split('\\n').at(-1));
await stack.stop();
`;

const TOKEN = `
const [httpUrl, userId] = process.argv.slice(2);
const answer = await fetch(httpUrl + '/token', { method: 'POST', body: JSON.stringify({ userId }) });
console.log((await answer.json()).token);
`;

describe('the local runtime, installed', () => {
  it('runs the stack, its page with the reference, two users of the SDK talk, and verify holds', async () => {
    const folder = folderWith({ 'talk.js': PROGRAM, 'token.js': TOKEN });
    expect(await runNode(folder, ['talk.js'])).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(
        /^text\/html;charset=utf-8\ntrue 200\nhi\nAll \d+ checks hold for http:\S+\.\n$/,
      ),
      stderr: '',
    });
  });
});
