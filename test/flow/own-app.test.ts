import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createClient } from '../../client/src/index.ts';
import { PROJECT_DIRECTORY } from '../../local/infrastructure.ts';
import { temporaryFolder } from '../emulator/runtime/bundle.ts';
import { copyApp, FROM_SOURCE, linkPackages, type StartedApp, startApp } from '../setup/own-app.ts';

const COMMAND = [process.execPath, join(PROJECT_DIRECTORY, 'cli/main.ts')];
const START_MS = 120_000;

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
    await vi.waitFor(() => expect(bob.texts).toEqual(['tea?']), 20_000);
    const refused = alice.im.direct('bob').send({ type: 'text', text: 'my card: 4111111111111111' }).acked;
    await expect(refused).rejects.toMatchObject({ code: 'blocked_content' });
    expect(await call(app, 'bob', '/orders', { item: 'tea' })).toMatchObject({ status: 201 });
    await vi.waitFor(() => expect(bob.texts.at(-1)).toBe('Your tea is on its way.'), 20_000);
    expect((await fetch(`${app.httpUrl}/orders`, { method: 'POST' })).status).toBe(401);
    expect((await fetch(app.webUrl)).status).toBe(200);
    alice.im.close();
    bob.im.close();
  });
});
