import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScanResult } from '../../../lambdas/domain/model/attachment-scan.ts';
import { inMemoryScans } from '../../adapters/memory/attachment-scans.ts';
import { startTables } from './tables.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables(Date.now);
});
afterAll(() => tables.stop());

const memory = inMemoryScans();

describe.each([
  ['memory', () => memory],
  ['DynamoDB', () => tables.scans],
] as const)('on %s, the result of a scan', (_, scansOf) => {
  const newKey = () => `pending/folder/${randomUUID()}`;
  const clean = (key: string, etag: string, scannedAtMs = 1_000): ScanResult => ({
    ...{ key, etag, scannedAtMs },
    isClean: true,
  });
  const infected = (key: string, etag: string, scannedAtMs = 1_000): ScanResult => ({
    ...clean(key, etag, scannedAtMs),
    isClean: false,
  });
  const found = async (key: string) => (await scansOf().find([key, newKey()])).get(key);

  it('is found by its object’s key, and that of no other', async () => {
    const key = newKey();
    expect(await found(key)).toBeUndefined();
    await scansOf().record(clean(key, 'a'));
    expect(await found(key)).toEqual(clean(key, 'a'));
  });

  it('is the latest of several, whichever comes last', async () => {
    const key = newKey();
    await scansOf().record(clean(key, 'second', 2_000));
    await scansOf().record(clean(key, 'first', 1_000));
    expect(await found(key)).toEqual(clean(key, 'second', 2_000));
    await scansOf().record(clean(key, 'third', 3_000));
    expect(await found(key)).toEqual(clean(key, 'third', 3_000));
  });

  it('stays unsafe, whatever is found clean before or since (IM-FILE-9)', async () => {
    const key = newKey();
    await scansOf().record(clean(key, 'a', 2_000));
    await scansOf().record(infected(key, 'b', 1_000));
    await scansOf().record(clean(key, 'c', 3_000));
    expect(await found(key)).toEqual(infected(key, 'b', 1_000));
  });
});
