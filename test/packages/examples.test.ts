import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { createClient, type DeskClient } from '../../client/src/desk/index.ts';
import { chromiumArguments, chromiumPath } from '../../scripts/chromium.ts';
import { PATIENCE_MS } from '../setup/patience.ts';
import { Examples, type Started } from './setup/examples.ts';
import { checkTypesOf } from './setup/project.ts';

const NAMES = ['react-app', 'next-app', 'bot', 'static-widget', 'cdk-app'];

/** Closed before the server is, whatever happened. */
const clients: DeskClient[] = [];

describe('each example, installed from the packages and started by its one command', () => {
  const examples = new Examples(mkdtempSync(join(tmpdir(), 'serverless-im-examples-')));
  let browser: Browser;

  beforeAll(async () => {
    const [launched] = await Promise.all([
      chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArguments()] }),
      examples.install(NAMES, inject('packages')),
    ]);
    browser = launched;
  }, 300_000);
  afterEach(async () => {
    for (const im of clients.splice(0)) im.close();
    await Promise.all(browser.contexts().map((context) => context.close()));
    await examples.stop();
  });
  afterAll(() => browser?.close());

  const open = async (url: string): Promise<Page> => {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(url);
    return page;
  };

  it.each([
    ['react-app', 5173, /ready in/],
    ['next-app', 3000, /Ready in/],
  ])('%s: two people sign in and talk, and its types are right', async (name, port, ready) => {
    const { pageUrl, folder } = await examples.start(name, port, ready);
    const [alice, bob] = [
      await signedIn(await open(pageUrl), 'alice'),
      await signedIn(await open(pageUrl), 'bob'),
    ];
    await alice.getByLabel('Write to').fill('bob');
    await alice.getByLabel('Write to').press('Enter');
    await say(alice, 'hi bob');
    await bob.getByRole('button', { name: 'alice 1' }).click();
    await bob.getByText('hi bob').waitFor();
    await alice.getByText('✓✓', { exact: true }).waitFor();
    await say(bob, 'hi alice');
    await alice.getByText('hi alice').waitFor();
    await alice.reload();
    await alice.getByRole('button', { name: 'bob' }).click();
    await alice.getByText('hi alice').waitFor();
    expect(await alice.getByRole('listitem').allTextContents()).toEqual(['hi alice', 'hi bob✓✓']);
    expect(await checkTypesOf(folder)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('bot: answers each message', async () => {
    const chat = await examples.start('bot', undefined, /ready$/m);
    const { im, texts } = await clientOf(chat, 'alice');
    await im.direct('echo-bot').send({ type: 'text', text: 'hi' }).acked;
    await vi.waitFor(() => expect(texts).toContain('You said: hi'), PATIENCE_MS);
  });

  it('static-widget: a visitor asks in the page, and an agent answers', async () => {
    const chat = await examples.start('static-widget', 5000, /ready/);
    const { im, texts } = await clientOf(chat, 'ann', ['agent']);
    await im.agent.ready({ queues: ['default'], capacity: 1 });
    const assigned = new Promise<string>((resolve) => {
      im.desk.on('assigned', ({ conversationId }) => resolve(conversationId));
    });
    const page = await open(chat.pageUrl);
    await page.getByRole('button', { name: 'Help' }).click();
    const widget = page.frameLocator('iframe[title="Support chat"]');
    await widget.getByLabel('Topic').fill('Which tea?');
    await widget.getByRole('button', { name: 'Start chat' }).click();
    const conversation = im.conversation(await assigned);
    await conversation.send({ type: 'text', text: 'How may I help?' }).acked;
    await widget.getByText('How may I help?', { exact: true }).waitFor();
    await widget.getByRole('textbox', { name: /^Message / }).fill('Something mild');
    await widget.getByRole('textbox', { name: /^Message / }).press('Enter');
    await vi.waitFor(() => expect(texts).toContain('Something mild'), PATIENCE_MS);
  });

  it('cdk-app: its route answers, and its hook refuses', async () => {
    const chat = await examples.start('cdk-app');
    const { im, texts } = await clientOf(chat, 'alice');
    const refused = im.direct('bob').send({ type: 'text', text: 'my card: 4111 1111-1111 1111' }).acked;
    await expect(refused).rejects.toMatchObject({ code: 'blocked_content' });
    const headers = {
      authorization: `Bearer ${await chat.token('alice')}`,
      'content-type': 'application/json',
    };
    const answer = await fetch(`${chat.httpUrl}/orders`, { method: 'POST', headers, body: '{"item":"tea"}' });
    expect(answer.status).toBe(201);
    await vi.waitFor(() => expect(texts).toContain('Your tea is on its way.'), PATIENCE_MS);
  });
});

async function signedIn(page: Page, name: string): Promise<Page> {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('status').getByText('connected').waitFor();
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

async function clientOf({ httpUrl, wsUrl, token }: Started, userId: string, roles?: readonly string[]) {
  const im = createClient({ httpUrl, wsUrl, getToken: () => token(userId, roles) });
  const texts: string[] = [];
  im.on('message', ({ content }) => {
    if (content.type === 'text') texts.push(content.text);
  });
  clients.push(im);
  await im.connect();
  return { im, texts };
}
