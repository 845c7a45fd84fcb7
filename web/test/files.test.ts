/** @module-tag long */
import type { Page } from 'playwright-core';
import { describe, expect, inject, it } from 'vitest';
import { faultsOf } from './setup/axe.ts';
import { agent, customer, newQueue, served } from './setup/desk.ts';
import { drag, paste, pick, png, sendFiles, sentObjects, textFile, wav } from './setup/files.ts';
import { fillIn, personAt, signIn, stopTime, twoPeople, visit } from './setup/person.ts';
import { newUser } from './setup/stack.ts';

const { s3Url, webUrl } = inject('stack');

/** The natural size of the last picture with this name, once it is loaded. */
const loaded = (page: Page, selector: string) =>
  expect
    .poll(() =>
      page
        .locator(selector)
        .last()
        .evaluate((image) => (image as HTMLImageElement).naturalWidth)
        .catch(() => 0),
    )
    .toBeGreaterThan(0);

describe('a picture', () => {
  it('is pasted, seen by the other, enlarged, and taken back: then it is gone from both pages and from the bucket (IM-FILE-4)', async () => {
    const { alice, bob } = await twoPeople({ reports: [s3Url] });
    const before = await sentObjects();
    await paste(alice, png(900, 600));
    await alice.page.getByRole('list', { name: 'Files to send' }).getByRole('img').waitFor();
    expect(await faultsOf(alice.page)).toEqual([]);
    await alice.say('look');
    await alice.stored('look');
    await alice.row('Photo · look').waitFor();
    await bob.row('Photo · look').waitFor();
    await loaded(bob.page, '.picture img');
    const sent = (await sentObjects()).filter((key) => !before.includes(key));
    expect(sent.length).toBeGreaterThan(0);
    expect(await faultsOf(bob.page)).toEqual([]);

    await bob
      .bubble('look')
      .getByRole('button', { name: /^Photo from alice/ })
      .click();
    const box = bob.page.getByRole('dialog', { name: 'Photo' });
    await loaded(bob.page, '.lightbox-picture img');
    const large = box.getByRole('img', { name: /^Photo from alice/ });
    expect(await large.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(900);
    expect(await faultsOf(bob.page)).toEqual([]);
    const width = async () => (await large.boundingBox())?.width ?? 0;
    const whole = await width();
    await bob.page.keyboard.press('+');
    await expect.poll(width).toBeGreaterThan(whole * 1.4);

    await alice.bubble('look').hover();
    await alice.page.getByRole('button', { name: 'Take back' }).click();
    await alice.page.getByRole('alertdialog').getByRole('button', { name: 'Take back' }).click();
    await alice.sees('You took this message back');
    await bob.sees('This message was taken back');
    await box.waitFor({ state: 'detached' });
    await expect.poll(async () => (await sentObjects()).filter((key) => sent.includes(key))).toEqual([]);
  });
});

describe('choosing files', () => {
  it('takes what is dropped on the messages, says so while it is dragged, and leaves dragged texts alone', async () => {
    const alice = await signIn(newUser('alice'));
    const { page } = alice;
    await alice.meet(newUser('bob'));
    const text = page.getByText(/^Drop files here to send them to bob/);
    const chosen = page.getByRole('list', { name: 'Files to send' });
    const files = [textFile('notes.txt', 'hello'), png(40, 30, 'cat.png')];
    await drag(
      page,
      files,
      async () => {
        await text.waitFor();
        expect(await faultsOf(page)).toEqual([]);
      },
      'leave',
    );
    await text.waitFor({ state: 'hidden' });
    expect(await chosen.count()).toBe(0);
    await drag(page, files);
    await chosen.getByRole('img', { name: 'cat.png' }).waitFor();
    await chosen.getByText('notes').first().waitFor();
    await text.waitFor({ state: 'hidden' });
    await page.locator('.chat-pane').dispatchEvent('dragover', {
      dataTransfer: await page.evaluateHandle(() => {
        const transfer = new DataTransfer();
        transfer.setData('text/plain', 'a text');
        return transfer;
      }),
    });
    expect(await text.count()).toBe(0);
  });

  it('works with the keyboard alone, and lets the user remove a file before it is sent', async () => {
    const alice = await signIn(newUser('alice'));
    const { page } = alice;
    await alice.meet(newUser('bob'));
    const button = page.getByRole('button', { name: 'Attach files' });
    const openByKeys = async () => {
      await expect
        .poll(async () => {
          await page.keyboard.press('Shift+Tab');
          return button.evaluate((element) => element === document.activeElement);
        })
        .toBe(true);
      await page.keyboard.press('Enter');
    };
    // Asked for before the first key: a busy browser takes keys before it takes the wish to be given the dialog.
    const [dialog] = await Promise.all([page.waitForEvent('filechooser'), openByKeys()]);
    await dialog.setFiles([png(40, 30, 'cat.png'), textFile('notes.txt', 'hello')]);
    expect(await faultsOf(page)).toEqual([]);
    // The ring of a focused button is 4 px outside of it.
    const list = await page.getByRole('list', { name: 'Files to send' }).boundingBox();
    const remove = await page.getByRole('button', { name: 'Remove cat.png' }).boundingBox();
    expect((remove?.y ?? 0) - (list?.y ?? 0)).toBeGreaterThanOrEqual(4);
    await page.getByRole('button', { name: 'Remove cat.png' }).press('Enter');
    await expect.poll(() => page.getByRole('img', { name: 'cat.png' }).count()).toBe(0);
    await expect
      .poll(() => alice.composer().evaluate((field) => field === document.activeElement))
      .toBe(true);
    await page.keyboard.press('Enter');
    await alice.stored('notes');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download: notes.txt' }).press('Enter'),
    ]);
    expect(download.suggestedFilename()).toBe('notes.txt');
    expect(await faultsOf(page)).toEqual([]);
  });

  it('shows a picture that is none as a file, and many files in rows', async () => {
    const alice = await signIn(newUser('alice'));
    await alice.meet(newUser('bob'));
    const others = Array.from({ length: 9 }, (_, n) => textFile(`${n}.txt`, 'x'));
    await pick(alice, textFile('broken.png', 'no picture', 'image/png'), ...others);
    const list = alice.page.getByRole('list', { name: 'Files to send' });
    await list.getByText('broken').first().waitFor();
    expect(await list.getByRole('img', { name: 'broken.png' }).count()).toBe(0);
    expect(await list.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0);
    expect(await faultsOf(alice.page)).toEqual([]);
  });

  it('says before an upload what is too large, empty, too many, or of a type that the server does not take', async () => {
    const limits = { maxBytes: 2_000, types: ['image/*', 'text/plain'] };
    const alice = await signInWith(limits);
    const { page } = alice;
    const status = page.locator('.composer-excess');
    const chosen = page.getByRole('list', { name: 'Files to send' }).getByRole('listitem');
    await pick(alice, textFile('long.txt', 'x'.repeat(2_001)));
    await expect.poll(() => status.textContent()).toBe('\u2068long.txt\u2069 is too large: at most 2 kB.');
    expect(await faultsOf(page)).toEqual([]);
    await pick(alice, textFile('page.html', '<p>', 'text/html'), textFile('none.txt', ''));
    await expect
      .poll(() => status.textContent())
      .toBe("\u2068page.html\u2069: files of this type can't be sent here. \u2068none.txt\u2069 is empty.");
    expect(await chosen.count()).toBe(0);
    await pick(alice, ...Array.from({ length: 11 }, (_, n) => textFile(`${n}.txt`, 'x')));
    await expect.poll(() => status.textContent()).toBe('A message has at most 10 files.');
    expect(await chosen.count()).toBe(10);
  });

  it('is offered nowhere in a deployment without files', async () => {
    const alice = await signInWith(undefined);
    const { page } = alice;
    await alice.say('words');
    await alice.stored('words');
    await page.getByRole('button', { name: 'Send' }).waitFor();
    expect(await page.getByRole('button', { name: 'Attach files' }).count()).toBe(0);
    expect(await page.locator('input[type=file]').count()).toBe(0);
    const words = 'Files are switched off here.';
    await paste(alice, png(40, 30));
    await expect.poll(() => page.locator('.composer-excess').textContent()).toBe(words);
    await alice.say('more words');
    await alice.stored('more words');
    await drag(page, [png(40, 30, 'cat.png')], () =>
      page.locator('.drop-zone', { hasText: words }).waitFor(),
    );
    await expect.poll(() => page.locator('.composer-excess').textContent()).toBe(words);
    expect(await page.getByRole('list', { name: 'Files to send' }).count()).toBe(0);
  });

  it('was possible before: where files are switched off, the page says so of those of the history, and asks for none', async () => {
    const [alice, user] = [await signIn(newUser('alice')), newUser('bob')];
    await alice.meet(user);
    await sendFiles(alice, png(40, 30, 'cat.png'), textFile('notes.txt', 'hello'), wav('memo.wav'));
    await alice.page.locator('.message').getByText('Sent').first().waitFor();
    const { page } = await signInWith(undefined, user);
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().includes('/attachments')) asked += 1;
    });
    await page.locator('.row', { hasText: alice.userId }).click();
    const words = 'Files are switched off here.';
    await page.locator('.player').getByText(words).waitFor();
    await page.getByRole('button', { name: 'Download: notes.txt' }).click();
    await page.locator('.file-error').getByText(words).waitFor();
    await page.getByRole('button', { name: 'cat.png' }).click();
    await page.getByRole('dialog', { name: 'Photo' }).getByText(words).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    expect(asked).toBe(0);
  });

  /** The page with other limits than the server has: nothing must reach that. */
  async function signInWith(files: object | undefined, user = newUser('alice')) {
    const page = await visit({ url: 'about:blank' });
    await page.route(`${webUrl}config.json`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), files } });
    });
    await page.goto(webUrl);
    await fillIn(page, user);
    const alice = personAt(page, user);
    await alice.meet(newUser('bob'));
    return alice;
  }
});

describe('an upload', () => {
  it('shows its progress, and is cancelled without a message', async () => {
    const { alice, bob } = await twoPeople({ reports: [s3Url] });
    const { page } = alice;
    await page.route(`${s3Url}/**`, () => {});
    await sendFiles(alice, png(400, 300, 'slow.png'), wav('b.wav'));
    await page.getByRole('progressbar', { name: 'Upload of slow.png' }).waitFor();
    const name = page.locator('.player .file-name-start');
    expect(await name.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0);
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => page.locator('.message').count()).toBe(0);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await alice.say('after all');
    await bob.sees('after all');
    expect(await bob.page.locator('.message').count()).toBe(1);
  });

  it('is no silence of the server, however long it takes', async () => {
    const { alice } = await twoPeople({ reports: [s3Url], hasClock: true });
    const { page } = alice;
    await page.route(`${s3Url}/**`, () => {});
    await sendFiles(alice, png(400, 300, 'slow.png'));
    await page.getByRole('progressbar', { name: 'Upload of slow.png' }).waitFor();
    await stopTime(page);
    await page.clock.runFor(4_000);
    await page.getByRole('button', { name: 'Cancel' }).waitFor();
    expect(await page.getByText('The server does not answer.').count()).toBe(0);
  });

  it('is refused for good, and then sent by Retry, once', async () => {
    const { alice, bob } = await twoPeople({ reports: ['/attachments'] });
    const { page } = alice;
    const refusal = { code: 'forbidden', message: 'not now', retryable: false };
    await page.route('**/attachments', (route) =>
      route.fulfill({
        status: 403,
        json: refusal,
        headers: { 'access-control-allow-origin': '*' },
      }),
    );
    await sendFiles(alice, png(400, 300, 'first.png'));
    await page.getByText('Not sent.').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.getByRole('button', { name: 'Retry' }).click();
    await loaded(bob.page, '.picture img');
    expect(await bob.page.locator('.message').count()).toBe(1);
  });

  it('goes on after the network is back', async () => {
    const { alice, bob } = await twoPeople();
    await alice.network.cut();
    await pick(alice, png(200, 300, 'tunnel.png'));
    await loaded(alice.page, '.chosen img');
    await alice.composer().press('Enter');
    // Its shape is known although it was not read for the upload yet.
    const box = await alice.page.getByRole('button', { name: 'tunnel.png' }).boundingBox();
    expect(box).toMatchObject({ width: 200, height: 300 });
    await alice.network.heal();
    await loaded(bob.page, '.picture img');
  });
});

describe('files in the list', () => {
  it('have their places before they are loaded: nothing jumps when pictures come', async () => {
    const { alice, bob } = await twoPeople({ reports: [s3Url] });
    await sendFiles(alice, png(1_200, 800, 'one.png'));
    await alice.row('Photo').waitFor();
    await pick(alice, ...[1, 2, 3, 4, 5].map((n) => png(300 + n, 200, `grid ${n}.png`)));
    await alice.say('five of them');
    await alice.stored('five of them');
    await bob.sees('five of them');
    await bob.page.getByText('+1').waitFor();
    // The same page without pictures, and then with them.
    const waiting: (() => Promise<void>)[] = [];
    await bob.page.route(`${s3Url}/**`, (route) => void waiting.push(() => route.continue()));
    await bob.page.reload();
    await bob.row(alice.userId).click();
    await bob.sees('five of them');
    await bob.page.evaluate(watchShifts);
    const heights = () =>
      bob.page.locator('.bubble').evaluateAll((all) => all.map((one) => one.clientHeight));
    await expect.poll(() => waiting.length).toBeGreaterThan(3);
    const before = await heights();
    for (const go of waiting.splice(0)) await go();
    await loaded(bob.page, '.picture img');
    await bob.page.unrouteAll({ behavior: 'ignoreErrors' });
    expect(await heights()).toEqual(before);
    expect(await bob.page.evaluate('window.shifts')).toEqual([]);
  });

  it('are not enlarged: a tiny picture gets a place that can be hit', async () => {
    const alice = await signIn(newUser('alice'));
    await alice.meet(newUser('bob'));
    await sendFiles(alice, png(3, 3, 'dot.png'));
    await alice.row('Photo').waitFor();
    await loaded(alice.page, '.picture img');
    const place = () => alice.page.getByRole('button', { name: 'dot.png' }).boundingBox();
    await expect.poll(place).toMatchObject({ width: 96, height: 96 });
  });

  it('get a fresh link when the one they have has ended, once', async () => {
    const { alice, bob } = await twoPeople({ reports: [s3Url] });
    let refused = 0;
    await bob.page.route(`${s3Url}/**`, (route) => {
      refused += 1;
      return refused === 1 ? route.fulfill({ status: 403 }) : route.continue();
    });
    await sendFiles(alice, png(400, 300, 'late.png'));
    await loaded(bob.page, '.picture img');
    expect(refused).toBeGreaterThan(1);
  });

  it('keep an HTML file and a drawing with scripts from being shown: they are saved as bytes', async () => {
    const { alice, bob } = await twoPeople();
    const script = '<script>document.title = "owned"</script>';
    await sendFiles(
      alice,
      textFile('page.html', script, 'text/html'),
      textFile('draw.svg', `<svg xmlns="http://www.w3.org/2000/svg">${script}</svg>`, 'image/svg+xml'),
    );
    for (const name of ['page.html', 'draw.svg']) {
      const row = bob.page.getByRole('button', { name: `Download: ${name}` });
      const [download] = await Promise.all([bob.page.waitForEvent('download'), row.click()]);
      expect(download.suggestedFilename()).toBe(name);
    }
    expect(bob.page.context().pages()).toHaveLength(1);
    expect(await bob.page.locator('iframe, object, embed').count()).toBe(0);
    expect(await bob.page.title()).not.toBe('owned');
  });

  it('play a sound, of which nothing is loaded before', async () => {
    const { alice, bob } = await twoPeople();
    let loads = 0;
    bob.page.on('request', (request) => {
      if (request.url().startsWith(s3Url)) loads += 1;
    });
    await sendFiles(alice, wav('memo.wav'));
    const player = bob.page.locator('audio');
    await expect.poll(() => player.getAttribute('src')).toContain(s3Url);
    await bob.row('Audio').waitFor();
    expect(loads).toBe(0);
    expect(await faultsOf(bob.page)).toEqual([]);
    await player.evaluate((element) => (element as HTMLAudioElement).play());
    await expect.poll(() => player.evaluate((element) => (element as HTMLAudioElement).ended)).toBe(true);
    expect(loads).toBeGreaterThan(0);
  });

  it('change their text, and lose it, by an edit (IM-FILE-5)', async () => {
    const { alice, bob } = await twoPeople();
    await pick(alice, png(400, 300, 'cat.png'));
    await alice.say('helo');
    await alice.stored('helo');
    const field = alice.page.getByRole('dialog', { name: 'Edit message' }).getByRole('textbox');
    const edit = async (from: string, to: string) => {
      await alice.bubble(from).hover();
      await alice.page.getByRole('button', { name: 'Edit' }).click();
      await field.fill(to);
      await field.press('Enter');
    };
    await edit('helo', 'hello');
    await bob.sees('hello');
    await edit('hello', '');
    await expect.poll(() => bob.page.locator('.bubble-text').count()).toBe(0);
    await bob.page.getByText('edited').waitFor();
    await bob.page.getByRole('button', { name: 'cat.png' }).waitFor();
  });

  /** Runs in the page: notes each element that moves by itself. */
  function watchShifts(): void {
    const shifts: string[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push(JSON.stringify(entry));
    }).observe({ type: 'layout-shift', buffered: false });
  }
});

describe('the lightbox', () => {
  it('goes through the pictures, enlarges, and closes by the keyboard alone, and gives the focus back', async () => {
    const { alice } = await twoPeople();
    const { page } = alice;
    await sendFiles(alice, png(900, 600, 'one.png'), png(600, 900, 'two.png'));
    await alice.page.locator('.message').getByText('Read').first().waitFor();
    const first = page.getByRole('button', { name: 'one.png' });
    await first.press('Enter');
    const box = page.getByRole('dialog', { name: 'Photo' });
    await box.getByText('1 of 2').waitFor();
    await page.keyboard.press('ArrowRight');
    await box.getByText('2 of 2').waitFor();
    await page.keyboard.press('ArrowRight');
    await box.getByRole('img', { name: 'two.png' }).waitFor();
    const placed = () =>
      page.locator('.lightbox-picture').evaluate((one) => (one as HTMLElement).style.transform);
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    expect(await placed()).toContain('scale(2.25)');
    await page.keyboard.press('ArrowDown');
    expect(await placed()).not.toContain('translate(0px, 0px)');
    await page.keyboard.press('0');
    expect(await placed()).toContain('scale(1)');
    // The focus stays in it.
    for (let n = 0; n < 9; n += 1) {
      await page.keyboard.press('Tab');
      expect(
        await page.evaluate(() => document.activeElement?.closest('.lightbox, body')?.className),
      ).toMatch(/^(lightbox|)$/);
    }
    expect(await faultsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await box.waitFor({ state: 'detached' });
    expect(await first.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  it('enlarges by wheel and double click, follows the mouse, closes by a click beside the picture, and saves it', async () => {
    const { alice } = await twoPeople();
    const { page } = alice;
    await sendFiles(alice, png(900, 600, 'cat.png'));
    await alice.page.locator('.message').getByText('Read').first().waitFor();
    await page.getByRole('button', { name: 'cat.png' }).click();
    const picture = page.locator('.lightbox-picture');
    const placed = () => picture.evaluate((one) => (one as HTMLElement).style.transform);
    await loaded(page, '.lightbox-picture img');
    await picture.dblclick();
    expect(await placed()).toContain('scale(2.5)');
    const before = await placed();
    await page.mouse.move(500, 400);
    await page.mouse.down();
    await page.mouse.move(560, 430, { steps: 3 });
    await page.mouse.up();
    expect(await placed()).not.toBe(before);
    await picture.dblclick();
    expect(await placed()).toContain('scale(1)');
    await page.mouse.wheel(0, -300);
    await expect.poll(placed).not.toContain('scale(1)');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('dialog').getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('cat.png');
    await page.keyboard.press('0');
    await page.mouse.click(5, 400);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });
});

describe('on a phone of 360 pixels', () => {
  it('files are chosen, sent, and shown within its width; a swipe leads to the next picture', async () => {
    const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
    const { alice } = await twoPeople(phone);
    const { page } = alice;
    const files = [
      png(900, 600, 'one.png'),
      png(600, 900, 'two.png'),
      textFile(`${'long name '.repeat(12)}.txt`, 'x'),
    ];
    await pick(alice, ...files);
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBe(360);
    await page.getByRole('button', { name: 'Send' }).tap();
    await page.locator('.message').getByText('Read').first().waitFor();
    expect(await width()).toBe(360);
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'one.png' }).tap();
    await page.getByText('1 of 2').waitFor();
    const box = page.locator('.lightbox');
    expect(await box.evaluate((one) => one.scrollWidth)).toBe(360);
    const picture = await page.locator('.lightbox-picture').boundingBox();
    expect((picture?.x ?? 0) + (picture?.width ?? 0) / 2).toBe(180);
    const date = box.locator('.lightbox-facts p');
    expect(await date.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0);
    const finger = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x?: number) =>
      finger.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: x === undefined ? [] : [{ x, y: 400 }],
      });
    await touch('touchStart', 300);
    for (const x of [240, 160, 80]) await touch('touchMove', x);
    await touch('touchEnd');
    await page.getByText('2 of 2').waitFor();
    await finger.detach();
  });
});

describe('in a support chat', () => {
  it('the customer and the agent send each other files', async () => {
    const queue = newQueue('widget');
    const [user, at] = [newUser('member'), await agent(newUser('agent'), { queue })];
    const customerAt = await customer(user, 'A broken parcel', { queue });
    await served(customerAt);
    await pick({ page: customerAt }, png(300, 200, 'parcel.png'));
    await customerAt.keyboard.press('Enter');
    await at.locator('.row', { hasText: user }).click();
    await at.getByRole('button', { name: 'parcel.png' }).click();
    await at.getByRole('dialog', { name: 'Photo' }).getByRole('img', { name: 'parcel.png' }).waitFor();
    await at.keyboard.press('Escape');
    await pick({ page: at }, textFile('label.txt', 'to the depot'));
    await at.keyboard.press('Enter');
    await customerAt.getByRole('button', { name: 'Download: label.txt' }).waitFor();
    expect(await faultsOf(customerAt)).toEqual([]);
    expect(await faultsOf(at)).toEqual([]);
  });
});
