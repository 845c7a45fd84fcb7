/**
 * `npm run stored-items`: writes test/fixtures/stored-items.txt, what the tests of the adapters store (docs/upgrading.md). Takes a minute or two.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const vitest = resolve(import.meta.dirname, '../node_modules/vitest/vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--project', 'emulator', 'test/emulator/adapters'],
  {
    stdio: 'inherit',
    env: { ...process.env, STORED_ITEMS: 'write' },
  },
);
process.exitCode = status ?? 1;
