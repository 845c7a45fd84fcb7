/** @module-tag long */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createClient } from '../../client/src/index.ts';
import { PROJECT_DIRECTORY } from '../../local/infrastructure.ts';
import { temporaryFolder } from '../emulator/runtime/bundle.ts';
import { copyApp, FROM_SOURCE, linkPackages, type StartedApp, startApp } from '../setup/own-app.ts';
import { PATIENCE_MS } from '../setup/patience.ts';

const COMMAND = [process.execPath, join(PROJECT_DIRECTORY, 'cli/main.ts')];
const START_MS = 120_000;
const README = readFileSync(join(PROJECT_DIRECTORY, 'examples/cdk-app/README.md'), 'utf8');
const run = promisify(execFile);

function startCopyOf(path: string): Promise<StartedApp> {
  const folder = temporaryFolder();
  copyApp(path, folder);
  linkPackages(folder);
  return startApp(folder, COMMAND, FROM_SOURCE);
}

async function clientOf(app: StartedApp, userId: string, roles?: readonly string[]) {
  const { httpUrl, wsUrl } = app;
  const im = createClient({ httpUrl, wsUrl, getToken: () => app.token(userId, roles) });
  const texts: string[] = [];
  im.on('message', ({ content }) => {
    if (content.type === 'text') texts.push(content.text);
  });
  await im.connect();
  return { im, texts };
}

async function call(app: StartedApp, userId: string, path: string, body?: object) {
  const response = await fetch(app.httpUrl + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${await app.token(userId)}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

describe('the example of an app of your own', () => {
  let app: StartedApp;
  beforeAll(async () => {
    app = await startCopyOf('examples/cdk-app');
  }, START_MS);
  afterAll(() => app?.stop());

  it('runs its chat, its route, and its hook, and leaves nothing out', async () => {
    expect(app.warnings).toEqual([]);
    expect(app.outputs).toEqual({ ChatUrl: app.httpUrl });
    const alice = await clientOf(app, 'alice');
    const bob = await clientOf(app, 'bob');
    await alice.im.direct('bob').send({ type: 'text', text: 'tea?' }).acked;
    await vi.waitFor(() => expect(bob.texts).toEqual(['tea?']), PATIENCE_MS);
    const refused = alice.im.direct('bob').send({ type: 'text', text: 'my card: 4111111111111111' }).acked;
    await expect(refused).rejects.toMatchObject({ code: 'blocked_content' });
    // The line of its README, for bob.
    const [line = ''] = /curl .*/.exec(README) ?? [];
    const order = line.replace('localhost:8787', app.httpUrl);
    expect(order).toContain('POST http');
    await run('bash', ['-c', `token=${await app.token('bob')}; ${order} --silent --fail`]);
    await vi.waitFor(() => expect(bob.texts.at(-1)).toBe('Your tea is on its way.'), PATIENCE_MS);
    expect((await fetch(`${app.httpUrl}/orders`, { method: 'POST' })).status).toBe(401);
    expect((await fetch(app.webUrl)).status).toBe(200);
    alice.im.close();
    bob.im.close();
  });
});

describe('an app of two stacks in an environment of their own', () => {
  let app: StartedApp;
  beforeAll(async () => {
    app = await startCopyOf('test/fixtures/own-app');
  }, START_MS);
  afterAll(() => app?.stop());

  it('names in a line each what can’t run on one machine', () => {
    expect(app.warnings.map((line) => line.replace(/^serverless-im: /, '')).toSorted()).toEqual([
      "3 resources of AWS::StepFunctions (StateMachine) can't run on one machine and are left out.",
      expect.stringMatching(/^Chat\w+ \(AWS::Cognito::UserPool\) can't run/),
      expect.stringMatching(/^Chat\w+ \(AWS::Cognito::UserPoolClient\) can't run/),
      "Database (AWS::RDS::DBInstance) can't run on one machine and is left out.",
      expect.stringMatching(/^Hourly\w+ \(AWS::Events::Rule\) can't run/),
      expect.stringMatching(
        /^Snake\w+ \(AWS::Lambda::Function\) can't run on one machine: its runtime is python/,
      ),
    ]);
  });

  it('runs what its function uses, of both stacks', async () => {
    const { body } = await call(app, 'alice', '/probe', {});
    expect(body).toEqual({
      layered: 'from the layer',
      paper: 'paper',
      motto: 'no news is good news',
      adminStatus: 200,
      database: 'Database.Endpoint.Address.invalid',
      identity: "AWS's sts doesn't run on one machine.",
      denied: 'AccessDenied',
    });
    for (const [id, kind] of [
      ['alice', 'call'],
      ['queued/alice', 'queue'],
      ['published/alice', 'topic'],
    ])
      await vi.waitFor(
        async () => expect((await call(app, 'alice', `/seen/${id}`)).body).toEqual({ kind }),
        PATIENCE_MS,
      );
  });

  it('serves its other APIs at ports of their own', async () => {
    const [socket, http] = app.otherApis;
    expect(app.otherApis.map(({ name }) => name)).toEqual(['OwnSocket', 'Own']);
    const answer = await fetch(`${http?.url}/any/where`);
    expect(await answer.json()).toEqual({ proxy: 'any/where' });
    const frames: string[] = [];
    const client = new WebSocket(socket?.url ?? '');
    client.on('message', (data) => frames.push(String(data)));
    client.on('open', () => client.send('hi'));
    await vi.waitFor(() => expect(frames.toSorted()).toEqual(['answered hi', 'pushed hi']), PATIENCE_MS);
    client.close();
  });

  it('trusts the dev issuer in place of a user pool, with the claims of its options', async () => {
    const alice = await clientOf(app, 'alice');
    expect(alice.im.userId).toBe('alice');
    const refused = alice.im.direct('bob').send({ type: 'text', text: 'rude' }).acked;
    await expect(refused).rejects.toMatchObject({ code: 'blocked_content' });
    alice.im.close();
  });
});
