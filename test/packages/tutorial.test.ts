import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { chromiumArguments, chromiumPath } from '../../scripts/chromium.ts';
import { REPOSITORY } from '../infra/run-node.ts';
import { Walkthrough } from './setup/walkthrough.ts';

const TUTORIAL = readFileSync(join(REPOSITORY, 'docs/tutorial.md'), 'utf8');

describe('docs/tutorial.md', () => {
  let walk: Walkthrough;
  let browser: Browser;

  beforeAll(async () => {
    walk = new Walkthrough(mkdtempSync(join(tmpdir(), 'serverless-im-tutorial-')), inject('packages'));
    const [launched] = await Promise.all([
      chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArguments()] }),
      walk.follow(TUTORIAL),
    ]);
    browser = launched;
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await walk?.stop();
  });

  const open = async (me: string, peer: string): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(walk.url(`http://localhost:5173/?me=${me}&peer=${peer}`));
    await page.getByText(`${me} to ${peer}: connected`).waitFor();
    return page;
  };
  const write = async (page: Page, text: string): Promise<void> => {
    await page.getByLabel('Message').fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  };

  it('leads to two people who talk, one of whom misses nothing while he is away', async () => {
    const [alice, bob] = [await open('alice', 'bob'), await open('bob', 'alice')];
    await write(alice, ' ');
    await write(alice, 'hi bob');
    await bob.getByText('alice: hi bob').waitFor();
    await write(bob, 'hi alice');
    await alice.getByText('bob: hi alice').waitFor();
    await bob.close();
    await write(alice, 'are you there?');
    const back = await open('bob', 'alice');
    await back.getByText('alice: are you there?').waitFor();
    expect(await back.getByRole('listitem').allTextContents()).toEqual([
      'alice: hi bob',
      'bob: hi alice',
      'alice: are you there?',
    ]);
  });

  it('leads to a page whose messages go out by themselves, once, when the network is back', async () => {
    const [carol, dave] = [await open('carol', 'dave'), await open('dave', 'carol')];
    await carol.context().setOffline(true);
    await write(carol, 'from the tunnel');
    await carol.context().setOffline(false);
    await dave.getByText('carol: from the tunnel').waitFor();
    expect(await dave.getByRole('listitem').count()).toBe(1);
  });

  it('has no command that was not run, but those that need an account', () => {
    expect(walk.notRun).toEqual(['npx cdk bootstrap', 'npx cdk deploy --app "node app.js"']);
  });
});
