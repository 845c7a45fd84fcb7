/** @module-tag long */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CHECKS } from '../../cli/verify/checks.ts';
import { fakePool } from '../emulator/cli/fake-pool.ts';
import { type Stack, sharedStack } from './setup/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await sharedStack();
});
afterAll(() => stack?.stop());

/** `verify` of the deployment at this URL, whose user pool is a fake that gives tokens of the stack. */
async function verify(httpUrl: string) {
  const pool = await fakePool({ token: (userId) => stack.token(userId) });
  onTestFinished(() => pool.close());
  const file = join(mkdtempSync(join(tmpdir(), 'im-verify-')), 'figures.json');
  const args = ['cli/main.ts', 'verify', '--quick', '--http', httpUrl, '--json', file];
  const ended = await new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [...args, '--pool', 'P', '--client', 'C'],
      { env: pool.environment },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
  return { ...ended, pool, figures: JSON.parse(readFileSync(file, 'utf8')) };
}

/** The stack's HTTP API, but for the requests that `breaks` answers with 500. */
async function brokenApi(breaks: (request: IncomingMessage) => boolean): Promise<string> {
  const server = createServer(async (request, response) => {
    if (breaks(request)) return response.writeHead(500).end('{}');
    const { method = 'GET', url, headers } = request;
    const body = await buffer(request);
    const answer = await fetch(stack.httpUrl + url, {
      method,
      headers: { authorization: String(headers.authorization), 'content-type': 'application/json' },
      ...(body.length > 0 && { body }),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('verify, with users of a made pool', () => {
  it('says each check that holds, keeps the figures, and deletes the users that it made', async () => {
    const { code, stdout, stderr, figures, pool } = await verify(stack.httpUrl);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const says = CHECKS.map((check) => check.says);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, says.length)).toEqual(says.map((one) => `ok  ${one}`));
    expect(lines.slice(says.length)).toEqual([
      expect.stringMatching(/^ {4}100 messages, in ms: acked after [\d.]+ \(p50\) and [\d.]+ \(p95\), /),
      'Not run: the cases of the whole contract (left out by --quick).',
      `All ${says.length} checks hold for ${stack.httpUrl}.`,
    ]);
    const times = { p50: expect.any(Number), p95: expect.any(Number), max: expect.any(Number) };
    expect(figures).toEqual({
      startedAt: expect.stringMatching(/^\d{4}-/),
      httpUrl: stack.httpUrl,
      checks: says.map((one) => ({ says: one, ms: expect.any(Number) })),
      latency: { messages: 100, ack: times, delivery: times },
    });
    expect(pool.usersOf('AdminCreateUser')).toHaveLength(3);
    expect(pool.usersOf('AdminDeleteUser')).toEqual(pool.usersOf('AdminCreateUser'));
  });

  it('says the first check that does not hold, in one line, and deletes the users all the same', async () => {
    const url = await brokenApi((request) => request.url === '/poll');
    const { code, stdout, stderr, figures, pool } = await verify(url);
    const failure =
      'This does not hold: A user without a socket gets a message by a poll. (POST /poll answers 500 {})';
    expect({ code, stderr }).toEqual({ code: 1, stderr: `serverless-im: ${failure}\n` });
    expect(stdout.trimEnd().split('\n')).toHaveLength(figures.checks.length);
    expect(figures).toMatchObject({ failure });
    expect(pool.usersOf('AdminDeleteUser')).toEqual(pool.usersOf('AdminCreateUser'));
  });
});
