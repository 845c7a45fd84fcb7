/** @module-tag long */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from '../setup/patience.ts';
import { textContent } from './setup/sends.ts';
import { newUser, type Stack, sharedStack } from './setup/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await sharedStack();
});
afterAll(() => stack?.stop());

async function run(example: string, userId: string, ...args: string[]): Promise<ChildProcess> {
  return runWith({ env: await environmentOf(userId) }, example, ...args);
}

async function environmentOf(userId: string) {
  const { httpUrl, wsUrl } = stack;
  return { ...process.env, IM_HTTP_URL: httpUrl, IM_WS_URL: wsUrl, IM_TOKEN: await stack.token(userId) };
}

function runWith(where: SpawnOptions, example: string, ...args: string[]) {
  const file = fileURLToPath(new URL(`../../examples/${example}/main.ts`, import.meta.url));
  return spawn(process.execPath, ['--conditions', 'serverless-im-source', file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...where,
  });
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  for await (const chunk of stdout ?? []) return String(chunk).trim();
  return '';
}

describe('the examples', () => {
  it('send messages and print what they receive', async () => {
    const [me, peer] = [newUser('alice'), newUser('bob')];
    const bob = await stack.join(peer);
    const example = await run('node', me, me, peer, 'hello from Node');
    expect(await firstLine(example)).toBe(`${me}: hello from Node`);
    expect(await bob.message('hello from Node')).toMatchObject({ from: me, seq: 1 });
    if (example.exitCode === null) await once(example, 'exit');
    expect(example.exitCode).toBe(0);
  });

  it('find the stack that runs on this machine, whatever its port', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'serverless-im-example-'));
    mkdirSync(join(cwd, '.local'));
    const facts = { ready: true, pid: process.pid, httpUrl: stack.httpUrl };
    writeFileSync(join(cwd, '.local/runtime.json'), JSON.stringify(facts));
    const [me, peer] = [newUser('alice'), newUser('bob')];
    expect(await firstLine(runWith({ cwd }, 'node', me, peer, 'hello'))).toBe(`${me}: hello`);
  });

  it('wait for a server that is not there yet: a line for each change, and no stack', async () => {
    const env = { ...process.env, IM_HTTP_URL: 'http://127.0.0.1:1' };
    const bot = runWith({ env, stdio: ['ignore', 'inherit', 'pipe'] }, 'bot');
    let said = '';
    for await (const chunk of bot.stderr ?? []) {
      said += chunk;
      if (/^no connection.*\n/m.test(said)) break;
    }
    bot.kill();
    expect(said.trim().split('\n')).toEqual([
      'connection: connecting ',
      'connection: reconnecting network',
      expect.stringMatching(/^no connection after 3 attempts: getToken: /),
    ]);
  });

  it('write an answer that grows, and store it once, though the assistant dies while it writes (IM-LIVE)', async () => {
    const [bot, user] = [newUser('assistant'), newUser('user')];
    const alice = await stack.join(user);
    const first = await run('assistant', bot);
    expect(await firstLine(first)).toBe('ready');
    const ask = (clientMsgId: string, text: string) =>
      alice.request({ action: 'sendMessage', clientMsgId, to: bot, content: { type: 'text', text } });
    await ask('why', 'Why does it rain so much?');
    const { liveId, content: begun } = await alice.frame(({ type }) => type === 'live');
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(alice.messages()).toEqual([]);
    // Its answer is shorter. Read before the first one is answered, it would hide the first from the next start.
    await ask('when', 'When?');
    const second = await run('assistant', bot);
    const answered = await alice.frame(({ type }) => type === 'messages');
    expect(answered.messages).toMatchObject([{ clientMsgId: liveId, from: bot }]);
    expect(answered.messages[0].content.text).toMatch(`You ask: “Why does it rain so much?”`);
    expect(answered.messages[0].content.text.startsWith(begun.text)).toBe(true);
    await vi.waitFor(() => expect(alice.messages()).toHaveLength(2), PATIENCE_MS);
    second.kill('SIGTERM');
    await once(second, 'exit');
    const { body } = await stack.http(user, `/conversations/dm:${[bot, user].sort().join(':')}/messages`);
    expect(body.messages).toHaveLength(4);
  });

  it('end without a word, if they are told to amid an answer', async () => {
    const [bot, user] = [newUser('assistant'), newUser('user')];
    const alice = await stack.join(user);
    const assistant = runWith({ env: await environmentOf(bot), stdio: 'pipe' }, 'assistant');
    expect(await firstLine(assistant)).toBe('ready');
    await alice.request({ action: 'sendMessage', clientMsgId: 'why', to: bot, content: textContent('Why?') });
    await alice.frame(({ type }) => type === 'live');
    assistant.kill('SIGTERM');
    let said = '';
    for await (const chunk of assistant.stderr ?? []) said += chunk;
    const lines = ['connecting', 'syncing', 'connected', 'closed'].map((state) => `connection: ${state}`);
    expect(said.trim().split(/ *\n/)).toEqual(lines);
  });

  it('answer each message once, including messages sent while the bot was offline, though it dies again as soon as it is back', async () => {
    const [bot, user] = [newUser('bot'), newUser('user')];
    const alice = await stack.join(user);
    const say = (text: string) =>
      alice.request({ action: 'sendMessage', clientMsgId: text, to: bot, content: { type: 'text', text } });
    const first = await run('bot', bot);
    expect(await firstLine(first)).toBe('ready');
    await say('one');
    await alice.message('You said: one');
    first.kill('SIGKILL');
    await once(first, 'exit');
    const questions = Array.from({ length: 12 }, (_, index) => `question-${index}`);
    for (const question of questions) await say(question);
    const second = await run('bot', bot);
    await alice.frame(({ messages }) => messages?.[0].content.text.startsWith('You said: question'));
    second.kill('SIGKILL');
    await once(second, 'exit');
    const third = await run('bot', bot);
    await alice.message('You said: question-11');
    third.kill('SIGTERM');
    await once(third, 'exit');
    const { body } = await stack.http(user, `/conversations/dm:${[bot, user].sort().join(':')}/messages`);
    const texts = body.messages.map(({ content }: { content: { text: string } }) => content.text);
    const asked = ['one', ...questions];
    expect(texts.toSorted()).toEqual([...asked, ...asked.map((text) => `You said: ${text}`)].toSorted());
  });
});
