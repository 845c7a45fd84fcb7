import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createProgress } from '../../../cli/progress.ts';
import { commandLine, didYouMean } from '../../../cli/wording.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubEnv('CI', undefined);
  vi.stubEnv('TERM', 'xterm');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** A stream that notes what is written. */
function output(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), {
    isTTY,
    columns: 80,
    cursorTo: () => true,
    moveCursor: () => true,
    clearLine: () => true,
  });
  let text = '';
  stream.on('data', (data) => {
    text += String(data);
  });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
}

it('in a pipe a step is a line once it takes longer than a second', async () => {
  const { stream, text } = output(false);
  const progress = createProgress({ stream });
  progress.step('quick', Promise.resolve());
  progress.step('slow', new Promise(() => {}));
  await vi.advanceTimersByTimeAsync(999);
  expect(text()).toBe('');
  await vi.advanceTimersByTimeAsync(1);
  expect(text()).toBe('… slow\n');
  progress.end();
});

it('on a terminal it moves, and leaves a line of each step that took a while', async () => {
  const { stream, text } = output(true);
  const progress = createProgress({ stream, keepsSteps: true });
  const done = Promise.withResolvers<void>();
  progress.step('the stack', done.promise);
  progress.step('the page', new Promise(() => {}));
  expect(stripVTControlCharacters(text())).toContain('the stack · the page');
  await vi.advanceTimersByTimeAsync(1_200);
  done.resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect(stripVTControlCharacters(text())).toContain('✔ the stack  1.2 s\n');
  progress.end();
  // The cursor is back.
  expect(text().endsWith('\x1b[?25h')).toBe(true);
});

it('for programs it says nothing', async () => {
  const { stream, text } = output(true);
  createProgress({ stream, quiet: true }).step('the stack', new Promise(() => {}));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(text()).toBe('');
});

it.each([
  ['start', '--port 1', 'npm start -- --port 1', 'npx serverless-im start --port 1'],
  ['chat', '', 'npm run chat', 'npx serverless-im chat'],
  ['admin ban', '--help', 'npm run admin -- ban --help', 'npx serverless-im admin ban --help'],
])('%s %s is called `%s` in the repository, and `%s` from the package', (command, args, here, there) => {
  expect(commandLine(command, args, true)).toBe(here);
  expect(commandLine(command, args, false)).toBe(there);
});

it('names what was nearly typed, and nothing that is far from it', () => {
  expect(didYouMean('strat', ['chat', 'start'])).toBe('; did you mean start?');
  expect(didYouMean('deploy', ['chat', 'start'])).toBe('');
  const options = ['--messages-per-day-and-user', '--messages-per-day', '--users'];
  expect(didYouMean('--messages', options)).toBe('; did you mean --messages-per-day?');
  expect(didYouMean('', options)).toBe('');
});
