import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Finds the browser for the web tests. `node scripts/chromium.ts` prints its path. If it is missing on Debian and we are root
 * (CI), installs Debian's package first; never downloads from elsewhere.
 */

/**
 * The shell is Chromium without windows, tabs, and extensions, which no test sees: it takes a quarter less of the processor. It is
 * what Playwright's own download runs.
 */
const SHELL = 'chromium-headless-shell';
const NAMES = [
  SHELL,
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
];
const PATHS = [
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

const HOW =
  'No Chromium found: install one (Debian: apt-get install chromium-headless-shell chromium), or name it in CHROMIUM_PATH.';

/** @throws {Error} if there is none; the one-line message says what to do */
export function chromiumPath(): string {
  return pathOf(NAMES);
}

/** A Chromium with windows, which shows notifications: the shell denies them. @throws {Error} as `chromiumPath` */
export function windowedChromiumPath(): string {
  return pathOf(NAMES.slice(1));
}

function pathOf(names: readonly string[]): string {
  const named = process.env['CHROMIUM_PATH'];
  const onPath = (process.env['PATH'] ?? '').split(delimiter);
  const places = [...names.flatMap((name) => onPath.map((folder) => join(folder, name))), ...PATHS];
  const found = named === undefined || named === '' ? places.find(existsSync) : named;
  if (found === undefined || !existsSync(found)) throw new Error(HOW);
  return found;
}

/**
 * Each window starts two hidden pages for the list below the address bar, which cost more processor time than the page under
 * test. No browser without a screen shows them.
 */
const UNSEEN = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'];

/** What Playwright switches off itself. Chromium obeys the last `--disable-features` alone, so that ours must have all. */
const SWITCHED_OFF_BY_PLAYWRIGHT = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
];

/** For a browser that Playwright starts. */
export function chromiumArguments(): readonly string[] {
  // Chromium's sandbox does not work as root.
  const forRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return [...forRoot, `--disable-features=${[...SWITCHED_OFF_BY_PLAYWRIGHT, ...UNSEEN].join(',')}`];
}

function installed(): string {
  try {
    windowedChromiumPath();
    return chromiumPath();
  } catch (error) {
    if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw error;
    run('apt-get', ['update', '-q']);
    // Without these fonts, emoji and other scripts would show as boxes in screenshots.
    run('apt-get', [
      'install',
      '-qy',
      '--no-install-recommends',
      SHELL,
      'chromium',
      'fonts-noto-core',
      'fonts-noto-color-emoji',
    ]);
    return chromiumPath();
  }
}

function run(command: string, args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${HOW} (${command} ${args[0]} ended with ${status})`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(installed());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
