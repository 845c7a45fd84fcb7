import { table } from '../report/table.ts';
import { type Measured, operationNamed } from './monthly.ts';
import { usageOf } from './operation-usage.ts';
import type { PriceFile } from './prices.ts';
import { addUsage, billOf, times, totalOf, type Usage } from './usage.ts';

/** A typical picture of a phone, as the SDK makes it smaller. */
const PICTURE_GB = 300_000 / 1e9;
const THUMBNAIL_GB = 15_000 / 1e9;
const OBJECTS = 2;
/** What was uploaded stays for a day and until the midnight after it. */
const PENDING_MONTHS = 1.5 / 30;
const READERS = [1, 10];

/** The dollars of a million pictures, by part and number of readers, beyond those of messages without files, in Markdown. */
export function pictureTable({ operations, memory }: Measured, prices: PriceFile): string {
  const usage = (name: string) => usageOf(operationNamed(operations, name), memory, prices);
  const gb = PICTURE_GB + THUMBNAIL_GB;
  const text = usage('direct-online/message');
  const parts: readonly (readonly [name: string, each: Usage, perReader: boolean])[] = [
    ['the forms (`POST /attachments`)', usage('files/an upload asked for, with a thumbnail'), false],
    ['the upload, two objects', { s3PutRequest: OBJECTS }, false],
    [
      'the message, with two copies, less a text',
      addUsage(usage('files/a message with a picture, and its thumbnail'), times(text, -1)),
      false,
    ],
    ['storage of the upload until it is deleted', { s3StorageGb: gb * PENDING_MONTHS }, false],
    ['storage of the copy, a month', { s3StorageGb: gb }, false],
    ['links, for each reader', usage('files/links to a picture'), true],
    ['downloads, both objects for each reader', { s3GetRequest: OBJECTS, transferGb: gb }, true],
  ];
  const dollars = (each: Usage, count: number) => 1e6 * count * totalOf(billOf(each, prices));
  const row = (name: string, amounts: readonly number[]) => [
    name,
    ...amounts.map((amount) => amount.toFixed(2)),
  ];
  const rows = parts.map(([name, each, perReader]) => ({
    name,
    amounts: READERS.map((readers) => dollars(each, perReader ? readers : 1)),
  }));
  const sums = READERS.map((_, at) => rows.reduce((sum, { amounts }) => sum + (amounts[at] ?? 0), 0));
  const headings = READERS.map((readers) => `${readers} ${readers === 1 ? 'reader' : 'readers'}`);
  return table(
    ['a million pictures, dollars', ...headings],
    [...rows.map(({ name, amounts }) => row(name, amounts)), row('all', sums)],
  );
}
