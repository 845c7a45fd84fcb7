import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { createAwsProxy } from '../local/aws-proxy/index.ts';
import { type LocalRuntime, PROJECT_DIRECTORY, startRuntime } from '../local/runtime.ts';
import { chromiumArguments, chromiumPath } from './chromium.ts';
import { setTimes } from './picture-times.ts';

/** `npm run screenshots`: takes the README's screenshots of the web page from a running stack. */

const FOLDER = join(PROJECT_DIRECTORY, 'docs/images');
const DESKTOP: BrowserContextOptions = { viewport: { width: 1200, height: 720 } };
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 720 },
  colorScheme: 'dark',
  hasTouch: true,
};

type Line = readonly [from: string, to: string, text: string, refers?: object];

/** Each person's name, and the colours of their picture; dave has none. */
const PEOPLE: Readonly<Record<string, readonly [name: string, ground: string, skin: string, shirt: string]>> =
  {
    alice: ['Alice Moreau', '#c7d9f2', '#f0c9a8', '#31589c'],
    bob: ['Bob Tanaka', '#d5ead8', '#e3b48c', '#2f6f53'],
    carol: ['Carol Osei', '#f6dcc4', '#8d5a3b', '#a33f2f'],
  };
const PICTURES = 'https://pictures.example/';

/** Messages sent before alice opens the page. */
const YESTERDAY: readonly Line[] = [
  ['dave', 'alice', 'The invoice is on its way'],
  ['alice', 'dave', 'Thank you!'],
];
const BEFORE: readonly Line[] = [
  ['carol', 'alice', 'Are we still on for Sunday?'],
  ['carol', 'alice', 'The forecast is fine'],
  ['bob', 'alice', 'Morning! Did the deployment go through last night?'],
  ['alice', 'bob', 'It did. Took four minutes, and nobody noticed.'],
  ['alice', 'bob', 'I left the alarms on for the weekend, just in case.'],
];

/** Messages sent while the agent has the chat open. */
const MEANWHILE: readonly Line[] = [
  [
    'bob',
    'alice',
    'Good. Then I will look at the fan-out numbers today:\n– 10,000 members\n– 1,000 of them online',
  ],
  ['bob', 'alice', 'Coffee at ten?'],
];

const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArguments()] });
try {
  await mkdir(FOLDER, { recursive: true });
  // The demo as a visitor finds it: in a stack where nobody has said or named anything.
  await withRuntime(takeDemo);
  await withRuntime(async (browser, runtime) => {
    for (const [userId, [name]] of Object.entries(PEOPLE))
      await send(runtime, userId, 'PUT', '/profile', { name, avatar: `${PICTURES}${userId}` });
    for (const line of YESTERDAY) await say(runtime, line);
    await makeGroup(runtime);
    for (const line of BEFORE) await say(runtime, line);
    await takeChat(browser, runtime);
    await takePhone(browser, runtime);
    await takeDesk(browser, runtime);
  });
} finally {
  await browser.close();
}

async function withRuntime(take: (browser: Browser, runtime: LocalRuntime) => Promise<void>): Promise<void> {
  // The proxy answers the page as S3 does, so that it can upload.
  const runtime = await startRuntime({ webPort: 0, awsProxy: createAwsProxy().attach });
  try {
    await take(browser, runtime);
  } finally {
    await runtime.stop();
  }
}

async function takeChat(browser: Browser, runtime: LocalRuntime): Promise<void> {
  const bob = await signIn(browser, runtime, 'bob', DESKTOP);
  await open(bob, 'Alice Moreau');
  const alice = await signIn(browser, runtime, 'alice', DESKTOP);
  await open(alice, 'dave');
  await open(alice, 'Bob Tanaka');
  for (const line of MEANWHILE) await say(runtime, line);
  const coffee = alice.locator('.message', { hasText: 'Coffee at ten?' });
  await coffee.hover();
  await coffee.getByRole('button', { name: 'Reply' }).click();
  await alice.getByRole('textbox', { name: 'Message Bob Tanaka' }).fill('On my way.');
  await alice.keyboard.press('Enter');
  await alice.locator('.message-state', { hasText: 'Read' }).waitFor();
  const noticed = bob.locator('.message', { hasText: 'nobody noticed' });
  await noticed.hover();
  await noticed.getByRole('button', { name: 'React' }).click();
  await bob.getByRole('dialog').getByRole('button', { name: '🎉' }).click();
  await alice.getByRole('list', { name: 'Reactions' }).waitFor();
  await alice.locator('.message', { hasText: 'look at the fan-out' }).hover();
  await bob.getByRole('textbox', { name: 'Message Alice Moreau' }).pressSequentially('Great');
  await alice.getByText('Bob Tanaka is typing').waitFor();
  await alice.locator('.row', { hasText: 'The forecast is fine' }).waitFor();
  await take(alice, 'web-chat.png');
  await bob.context().close();
  await alice.context().close();
}

async function takePhone(browser: Browser, runtime: LocalRuntime): Promise<void> {
  const bob = await signIn(browser, runtime, 'bob', DESKTOP);
  await open(bob, 'Sunday rowing');
  const buffer = await drawLake(browser);
  await bob.locator('input[type=file]').setInputFiles({ name: 'Lake.png', mimeType: 'image/png', buffer });
  await bob.getByRole('textbox', { name: 'Message Sunday rowing' }).fill('The lake this morning');
  await bob.keyboard.press('Enter');
  await bob.locator('.message-state', { hasText: 'Sent' }).waitFor();
  await bob.context().close();
  const alice = await signIn(browser, runtime, 'alice', PHONE);
  await open(alice, 'Sunday rowing');
  await alice.locator('.message', { hasText: 'The lake this morning' }).waitFor();
  await alice.waitForFunction(() => {
    const picture = document.querySelector<HTMLImageElement>('.picture img');
    return picture?.complete === true && picture.naturalWidth > 0;
  });
  await take(alice, 'web-phone.png');
  await alice.context().close();
}

/** A picture that nobody has rights to. */
async function drawLake(browser: Browser): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: 960, height: 640 } });
  await page.setContent(`<style>body { margin: 0 }</style>
    <svg width="960" height="640" viewBox="0 0 960 640">
      <defs>
        <linearGradient id="sky" x2="0" y2="1"><stop stop-color="#4b6b9b"/><stop offset=".6" stop-color="#f3b48a"/><stop offset="1" stop-color="#ffe3b8"/></linearGradient>
        <linearGradient id="water" x2="0" y2="1"><stop stop-color="#e9b28f"/><stop offset=".5" stop-color="#6d7fa3"/><stop offset="1" stop-color="#2b3f63"/></linearGradient>
      </defs>
      <rect width="960" height="360" fill="url(#sky)"/>
      <circle cx="620" cy="300" r="52" fill="#fff1d0"/>
      <path d="M0 330 150 215 290 310 420 235 560 340 740 250 960 345V370H0z" fill="#5a5f80"/>
      <path d="M0 350 220 295 430 355 700 315 960 360V380H0z" fill="#383f5c"/>
      <rect y="360" width="960" height="280" fill="url(#water)"/>
      <path d="M560 372h120M540 392h160M570 412h100M550 436h140M580 462h80" stroke="#ffe9c4" stroke-width="7" stroke-linecap="round" opacity=".7"/>
      <path d="M170 500c110 34 330 34 440 0-30 62-80 78-220 78s-190-16-220-78z" fill="#7a2f24"/>
      <path d="M170 500c110 34 330 34 440 0" fill="none" stroke="#d9a27a" stroke-width="8"/>
      <path d="M330 520 200 610M450 520 590 606" stroke="#e6cfa8" stroke-width="9" stroke-linecap="round"/>
    </svg>`);
  const picture = await page.screenshot();
  await page.close();
  return picture;
}

async function takeDemo(browser: Browser, runtime: LocalRuntime): Promise<void> {
  const context = await newContext(browser, DESKTOP);
  const page = await context.newPage();
  await page.goto(`${runtime.webUrl}?demo`);
  const alice = page.getByRole('region', { name: 'alice', exact: true });
  const bob = page.getByRole('region', { name: 'bob', exact: true });
  for (const person of [alice, bob])
    for (const text of ['Hi alice!', 'Hi bob!'])
      await person.locator('.message', { hasText: text }).waitFor();
  await bob.getByRole('textbox').fill('Lunch at twelve?');
  await page.keyboard.press('Enter');
  await bob.locator('.message-state', { hasText: 'Read' }).waitFor();
  await bob.getByRole('button', { name: 'Cut the connection' }).click();
  await bob.getByText('Connection lost').waitFor();
  await bob.getByRole('textbox').fill('I am in a tunnel, this will come later');
  await page.keyboard.press('Enter');
  await alice.getByRole('textbox').fill('Shall I order for you?');
  await page.keyboard.press('Enter');
  await alice.locator('.message-state', { hasText: 'Sent' }).waitFor();
  await alice.getByText('last seen just now').waitFor();
  await take(page, 'web-demo.png');
  await context.close();
}

async function takeDesk(browser: Browser, runtime: LocalRuntime): Promise<void> {
  const desk = await newContext(browser, DESKTOP);
  const agent = await desk.newPage();
  await agent.goto(`${runtime.webUrl}desk`);
  await agent.getByRole('button', { name: 'supervisor' }).click();
  await agent.getByRole('button', { name: 'Take chats' }).click();
  for (const [user, topic] of [
    ['maria', 'A parcel that is late'],
    ['tom', 'My last bill'],
    ['yuki', 'A new address'],
  ]) {
    const page = await desk.newPage();
    await page.goto(`${runtime.webUrl}widget?user=${user}`);
    await page.getByLabel('Topic').fill(topic ?? '');
    await page.getByRole('button', { name: 'Start chat' }).click();
    await page
      .getByRole('textbox', { name: /^Message/ })
      .fill(`Hello! It is about this: ${topic?.toLowerCase()}.`);
    await page.keyboard.press('Enter');
    await page.locator('.message').waitFor();
  }
  await agent.locator('.row', { hasText: 'maria' }).click();
  await agent.getByRole('textbox', { name: /^Message / }).fill('Good morning, Maria. I am looking for it.');
  await agent.keyboard.press('Enter');
  await agent.locator('.message-state', { hasText: /Sent|Read/ }).waitFor();
  await agent.getByText(/^1 waiting/).waitFor();
  await take(agent, 'web-desk.png');
}

async function signIn(
  browser: Browser,
  { webUrl }: LocalRuntime,
  userId: string,
  options: BrowserContextOptions,
): Promise<Page> {
  const page = await (await newContext(browser, options)).newPage();
  await page.goto(String(webUrl));
  await page.getByLabel('Somebody else').fill(userId);
  await page.getByRole('button', { name: 'Sign in' }).click();
  return page;
}

/** Its users' pictures come from a host that exists only here. */
async function newContext(browser: Browser, options: BrowserContextOptions): Promise<BrowserContext> {
  const context = await browser.newContext({
    deviceScaleFactor: 2,
    locale: 'en-GB',
    timezoneId: 'UTC',
    ...options,
  });
  await setTimes(context);
  await context.route(`${PICTURES}*`, (route) => {
    const [, ground, skin, shirt] = PEOPLE[new URL(route.request().url()).pathname.slice(1)] ?? [];
    const shapes = `<rect width="80" height="80" fill="${ground}"/><circle cx="40" cy="32" r="15" fill="${skin}"/>
      <path d="M10 80c2-20 14-29 30-29s28 9 30 29z" fill="${shirt}"/>`;
    const body = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 80">${shapes}</svg>`;
    return route.fulfill({ contentType: 'image/svg+xml', body });
  });
  return context;
}

async function open(page: Page, name: string): Promise<void> {
  await page.locator('.row-title', { hasText: name }).click();
  await page.getByRole('textbox', { name: `Message ${name}` }).waitFor();
}

async function take(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(FOLDER, name), animations: 'disabled', caret: 'hide' });
  console.log(join('docs/images', name));
}

async function say(runtime: LocalRuntime, [from, to, text, refers]: Line): Promise<number> {
  const target = to.startsWith('g:') ? { conversationId: to } : { to };
  const clientMsgId = crypto.randomUUID();
  const content = { type: 'text', text };
  const { seq = 0 } = await send(runtime, from, 'POST', '/messages', {
    ...target,
    clientMsgId,
    content,
    ...refers,
  });
  return seq;
}

async function makeGroup(runtime: LocalRuntime): Promise<void> {
  const group = { name: 'Sunday rowing', members: ['bob', 'carol'] };
  const { conversationId = '' } = await send(runtime, 'alice', 'POST', '/groups', group);
  const question = await say(runtime, ['carol', conversationId, 'Who steers?']);
  await say(runtime, ['alice', conversationId, 'I do, if nobody minds', { replyTo: question }]);
  const mentions = ['alice'];
  await say(runtime, ['bob', conversationId, 'I bring the boat. @alice, is the key with you?', { mentions }]);
}

async function send(
  { httpUrl, token }: LocalRuntime,
  userId: string,
  method: string,
  path: string,
  body: object,
): Promise<{ readonly conversationId?: string; readonly seq?: number }> {
  const headers = { authorization: `Bearer ${await token(userId)}` };
  const response = await fetch(httpUrl + path, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return response.json();
}
