import type { ParseArgsOptionsConfig } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseArguments } from '../../../cli/chat/arguments.ts';
import { parseCommand } from '../../../cli/options.ts';
import { parseStartOptions } from '../../../cli/start/options.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** What npm does with options before `--`. */
function npm(script: string, taken: Readonly<Record<string, string>>): void {
  vi.stubEnv('npm_lifecycle_event', script);
  for (const [name, value] of Object.entries(taken)) vi.stubEnv(`npm_config_${name}`, value);
}

const OPTIONS = { data: { type: 'string' } } satisfies ParseArgsOptionsConfig;

describe('options that npm has taken for itself are named, with what to write', () => {
  it('of a command without operands', () => {
    npm('start', { port: 'true' });
    expect(() => parseStartOptions(['9000'])).toThrow(
      'npm took --port for itself; write `npm start -- --port 9000`.',
    );
  });

  it('if there are several, and flags', () => {
    npm('start', { port: 'true', web_port: '5', fresh: 'true' });
    expect(() => parseStartOptions(['9000'])).toThrow(
      'npm took --port and --web-port and --fresh for itself; write `npm start -- --port … --web-port 5 --fresh`.',
    );
  });

  it('of a command with operands, and of the chat', () => {
    npm('token', { data: 'true' });
    const message = 'npm took --data for itself; write `npm run token -- --data …`.';
    expect(() => parseCommand(['alice', 'there'], OPTIONS, ['USER'])).toThrow(message);
    expect(() => parseArguments(['alice', 'bob', 'there'])).toThrow(message);
  });
});

it('an operand is no fault of npm if no option is missing, or npx runs the command', () => {
  const message = '"9000" is one word too many: this command takes only options.';
  npm('start', { loglevel: 'warn' });
  expect(() => parseStartOptions(['9000'])).toThrow(message);
  npm('npx', { port: 'true' });
  expect(() => parseStartOptions(['9000'])).toThrow(message);
});
