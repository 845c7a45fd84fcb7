import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { recordScan } from '../../../lambdas/domain/attachments/record-scan.ts';
import { requestUpload } from '../../../lambdas/domain/attachments/upload.ts';
import { readHistory } from '../../../lambdas/domain/messages/history.ts';
import { type SendPorts, send } from '../../../lambdas/domain/messages/send.ts';
import { pendingKey } from '../../../lambdas/domain/model/attachment.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { inMemoryScans } from '../../adapters/memory/attachment-scans.ts';
import { createWorldOf, type World } from '../../adapters/memory/world.ts';

const PICTURE = { name: 'cat.jpg', size: 5, type: 'image/jpeg', to: 'bob' };

let world: World;
let scans: ReturnType<typeof inMemoryScans>;
beforeEach(async () => {
  world = await createWorldOf('alice', 'bob');
  scans = inMemoryScans();
});

/** Uploads a picture. @returns its id */
async function uploaded(
  bytes = 'bytes',
  thumbnail?: { size: number; type: 'image/webp'; width: number; height: number },
) {
  const body = await requestUpload(world, 'alice', { ...PICTURE, ...(thumbnail && { thumbnail }) });
  world.attachments.upload(body.upload, bytes);
  if (body.thumbnailUpload) world.attachments.upload(body.thumbnailUpload, 'small');
  return body.attachmentId;
}

/** The scanner's event. The memory's ETags are the bytes. */
const scanned = (
  objectKey: string,
  eTag: string,
  scanResultStatus = 'NO_THREATS_FOUND',
  time = '2026-11-29T12:00:00Z',
) =>
  recordScan(
    { attachmentScanWriter: scans },
    { time, detail: { s3ObjectDetails: { objectKey, eTag }, scanResultDetails: { scanResultStatus } } },
  );

const sendFile = (attachmentId: string) => {
  const ports: SendPorts = { ...world, attachmentScans: scans };
  const content = { type: 'file' as const, attachments: [{ attachmentId }] };
  return send(ports, 'alice', { clientMsgId: 'c1', to: 'bob', content });
};
const texts = async () => (await readHistory(world, 'bob', 'dm:alice:bob', { limit: 50 })).messages;
const sentObjects = () =>
  [...world.attachments.objects].filter(([key]) => key.startsWith('sent/')).map(([, bytes]) => bytes);

describe('a message with a file that must be scanned', () => {
  it('waits until the scan has found nothing, and is the first of its conversation then (IM-FILE-9)', async () => {
    const id = await uploaded();
    await expect(sendFile(id)).rejects.toMatchObject({ code: 'unavailable' });
    expect([await texts(), sentObjects()]).toEqual([[], []]);
    await scanned(pendingKey('alice', id), 'bytes');
    expect(await sendFile(id)).toMatchObject({ seq: 1, duplicate: false });
    expect(sentObjects()).toEqual(['bytes']);
  });

  it('waits for its thumbnail, too (IM-FILE-9)', async () => {
    const id = await uploaded('bytes', { size: 5, type: 'image/webp', width: 8, height: 8 });
    const key = pendingKey('alice', id);
    await scanned(key, 'bytes');
    await expect(sendFile(id)).rejects.toMatchObject({ code: 'unavailable' });
    await scanned(`${key}.thumbnail`, 'small');
    expect(await sendFile(id)).toMatchObject({ seq: 1 });
    expect(sentObjects()).toEqual(['bytes', 'small']);
  });

  it.each(['THREATS_FOUND', 'UNSUPPORTED', 'ACCESS_DENIED', 'FAILED'])(
    'is refused for good after the result %s, and leaves nothing (IM-FILE-9)',
    async (status) => {
      const error = vi.spyOn(logger, 'error').mockImplementation(() => {});
      onTestFinished(() => error.mockRestore());
      const id = await uploaded();
      const key = pendingKey('alice', id);
      await scanned(key, 'bytes', status);
      const isFault = status === 'ACCESS_DENIED' || status === 'FAILED';
      expect(error.mock.calls).toEqual(isFault ? [['scan failed', { key, status }]] : []);
      await expect(sendFile(id)).rejects.toMatchObject({ code: 'blocked_content' });
      await scanned(key, 'bytes', 'NO_THREATS_FOUND', '2026-11-29T13:00:00Z');
      await expect(sendFile(id)).rejects.toMatchObject({ code: 'blocked_content' });
      expect([await texts(), sentObjects()]).toEqual([[], []]);
    },
  );

  it('has the bytes that were scanned, not those of a later upload (IM-FILE-9)', async () => {
    const id = await uploaded('good');
    const key = pendingKey('alice', id);
    await scanned(key, 'good');
    world.attachments.objects.set(key, 'evil');
    await expect(sendFile(id)).rejects.toMatchObject({ code: 'unavailable' });
    expect(sentObjects()).toEqual([]);
    await scanned(key, 'evil', 'THREATS_FOUND', '2026-11-29T12:01:00Z');
    await expect(sendFile(id)).rejects.toMatchObject({ code: 'blocked_content' });
  });

  it('costs nothing while it waits (IM-BUDGET-1)', async () => {
    const debits: number[] = [];
    const budget = { ...world.budget, debit: async (credits: number) => void debits.push(credits) };
    const id = await uploaded();
    const content = { type: 'file' as const, attachments: [{ attachmentId: id }] };
    const ports: SendPorts = { ...world, budget, attachmentScans: scans };
    const sending = send(ports, 'alice', { clientMsgId: 'c1', to: 'bob', content });
    await expect(sending).rejects.toMatchObject({ code: 'unavailable' });
    expect(debits).toEqual([]);
  });
});

describe('a result', () => {
  it('is of an upload: others are nothing to it', async () => {
    await scanned('exports/a', 'bytes', 'THREATS_FOUND');
    expect(await scans.find(['exports/a'])).toEqual(new Map());
  });
});
