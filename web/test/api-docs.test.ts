/** @module-tag long */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { PATIENCE_MS } from '../../test/setup/patience.ts';

const { webUrl } = inject('stack');
let browser: Browser;
beforeAll(async () => {
  browser = await chromium.connect(inject('browser'));
});
afterAll(() => browser?.close());

/** Every request of a page, and what its console says. */
async function visit(
  path: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; requests: string[]; said: string[] }> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const requests: string[] = [];
  const said: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') said.push(message.text());
  });
  await page.goto(webUrl + path);
  return { page, requests, said };
}

/** Hosts that were asked, but for what the page has in itself. */
const hostsOf = (requests: readonly string[]) => [
  ...new Set(requests.filter((url) => !/^(data|blob):/.test(url)).map((url) => new URL(url).hostname)),
];

describe('the reference under /docs', () => {
  it('tries a request in the viewer of the HTTP API, with a token of the dev issuer, and asks no other machine', async () => {
    const { page, requests, said } = await visit('docs');
    await page.getByRole('link', { name: 'HTTP API' }).click();
    await page.getByText('Requests are alice’s for a day.').waitFor();
    const contract = page.getByRole('link', { name: 'docs/protocol.md', exact: true });
    expect(await contract.first().getAttribute('href')).toBe('/docs/protocol');
    await page.getByRole('textbox', { name: 'Requests of' }).fill('reader-of-docs');
    await page.getByRole('button', { name: 'Get a token' }).click();
    await page.getByText('Requests are reader-of-docs’s for a day.').waitFor();
    const operation = page.locator('#operations-session-getSession');
    await operation
      .getByRole('button', { name: /session/ })
      .first()
      .click();
    await operation.getByRole('button', { name: 'Execute' }).click();
    await operation.locator('.live-responses-table').getByText('"reader-of-docs"').waitFor();
    await page.locator('#operations-admin-adminGetUser').getByRole('button').first().click();
    await page.locator('#operations-admin-adminGetUser').getByText('Responses').waitFor();
    expect(await page.locator('#operations-admin-adminGetUser .try-out').count()).toBe(0);
    expect(hostsOf(requests)).toEqual([new URL(webUrl).hostname]);
    expect(said).toEqual([]);
    await page.context().close();
  });

  it('shows frames, events, and the service queue, also on a phone in the dark, and asks no other machine', async () => {
    const phone = { viewport: { width: 390, height: 800 }, isMobile: true, colorScheme: 'dark' } as const;
    const { page, requests, said } = await visit('docs/asyncapi', phone);
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    // The page says so until the viewer is there.
    expect(await (await page.request.get(`${webUrl}docs/asyncapi`)).text()).toContain('Loading…');
    expect(await page.getByText('Loading…').count()).toBe(0);
    const text = await page.locator('#viewer').textContent();
    for (const shown of ['sendMessage', 'session.closed', 'EventsTopicArn', 'ServiceQueueUrl'])
      expect(text).toContain(shown);
    const look = await page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      hasFewNodes: document.querySelectorAll('*').length < 20_000,
      colours: [document.body, document.querySelector('.aui-root .prose') ?? document.body].map(
        (element) => getComputedStyle(element).color,
      ),
    }));
    expect(look).toEqual({
      ...{ width: 390, hasFewNodes: true },
      colours: ['rgb(234, 240, 238)', 'rgb(234, 240, 238)'],
    });
    expect(hostsOf(requests)).toEqual([new URL(webUrl).hostname]);
    expect(said).toEqual([]);
    await page.context().close();
  });

  it('has the texts, whose links lead to each other', async () => {
    const { page, said } = await visit('docs');
    for (const name of ['SDK', 'Construct', 'Protocol', 'Mobile']) {
      await page.goto(`${webUrl}docs`);
      await page.getByRole('link', { name, exact: false }).first().click();
      await page.getByRole('heading', { level: 1 }).waitFor();
    }
    await page.getByRole('link', { name: 'IM-NOTIFY-1' }).click();
    await page.waitForURL('**/docs/protocol#24-notifications-im-notify');
    expect(said).toEqual([]);
    await page.context().close();
  });
});
