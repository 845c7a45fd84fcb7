import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Page } from 'playwright-core';
import { inject } from 'vitest';
import { s3Client } from '../../../local/emulators/clients.ts';
import type { Person } from './person.ts';

const { s3Url, filesBucket } = inject('stack');

/** A file as the browser's dialog for files takes it. */
export interface TestFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** A picture with a gradient and, for its size, noise. */
export function png(width: number, height: number, name = 'image.png', noise = 8): TestFile {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const at = y * (1 + width * 3) + 1 + x * 3;
      rows[at] = (x * 255) / width;
      rows[at + 1] = 120 + (((x * 7919 + y * 104_729) % 97) * noise) / 97;
      rows[at + 2] = (y * 255) / height;
    }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  const buffer = Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), ...parts]);
  return { name, mimeType: 'image/png', buffer };
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

export function textFile(name: string, text: string, mimeType = 'text/plain'): TestFile {
  return { name, mimeType, buffer: Buffer.from(text) };
}

/** A second of silence. */
export function wav(name: string): TestFile {
  const samples = Buffer.alloc(8_000, 128);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8_000, 24);
  header.writeUInt32LE(8_000, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  return { name, mimeType: 'audio/wav', buffer: Buffer.concat([header, samples]) };
}

/** Chooses files by the button beside the field. */
export async function pick({ page }: Pick<Person, 'page'>, ...files: readonly TestFile[]): Promise<void> {
  const [dialog] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Attach files' }).click(),
  ]);
  await dialog.setFiles([...files]);
}

/** Sends files by the button, without a text. */
export async function sendFiles(person: Person, ...files: readonly TestFile[]): Promise<void> {
  await pick(person, ...files);
  await person.composer().press('Enter');
}

/** Puts a picture on the clipboard, as another program does, and pastes it with the keyboard. */
export async function paste(person: Person, { buffer }: TestFile): Promise<void> {
  const { page } = person;
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const blob = new Blob([bytes], { type: 'image/png' });
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]);
  }, buffer.toString('base64'));
  await person.composer().press('Control+V');
}

/** Drags files of this machine over the messages, and lets them go there, or goes on to the list. `during` is called before. */
export async function drag(
  page: Page,
  files: readonly TestFile[],
  during: () => Promise<void> = async () => {},
  end: 'drop' | 'leave' = 'drop',
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'serverless-im-drag-'));
  const paths = files.map(({ name }) => join(folder, name));
  await Promise.all(files.map(({ buffer }, index) => writeFile(paths[index] ?? '', buffer)));
  const box = await page.locator('.chat-pane').boundingBox();
  const at = { x: (box?.x ?? 0) + (box?.width ?? 0) / 2, y: (box?.y ?? 0) + (box?.height ?? 0) / 3 };
  const devTools = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver'] as const)
    await devTools.send('Input.dispatchDragEvent', { type, ...at, data });
  await during();
  const list = { x: 40, y: at.y };
  // Twice, since the browser may answer the first with that of the place before.
  for (let n = end === 'leave' ? 2 : 0; n > 0; n -= 1)
    await devTools.send('Input.dispatchDragEvent', { type: 'dragOver', ...list, data });
  // What is let go over the list must not replace the page.
  await devTools.send('Input.dispatchDragEvent', { type: 'drop', ...(end === 'drop' ? at : list), data });
  await devTools.detach();
}

/** The names of all objects that belong to messages. */
export async function sentObjects(): Promise<readonly string[]> {
  const list = new ListObjectsV2Command({ Bucket: filesBucket, Prefix: 'sent/' });
  const { Contents = [] } = await s3Client(s3Url).send(list);
  return Contents.map(({ Key = '' }) => Key);
}
