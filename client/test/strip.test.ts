import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { strip } from '../src/files/strip.ts';

const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const uint32 = (value: number): Buffer =>
  Buffer.from([value >>> 24, value >>> 16, value >>> 8, value].map((one) => one & 255));
const little = (value: number): Buffer => Buffer.from(uint32(value)).reverse();
const clean = (bytes: Uint8Array): Buffer | undefined => {
  const parts = strip(bytes);
  return parts && Buffer.concat(parts);
};

/** TIFF with an orientation and the text of a place, as cameras write it. */
function tiff(orientation: number, isLittle: boolean): Buffer {
  const short = (value: number): Buffer => {
    const bytes = Buffer.from([value >>> 8, value & 255]);
    return isLittle ? bytes.reverse() : bytes;
  };
  const long = (value: number): Buffer => (isLittle ? little(value) : uint32(value));
  const entry = (tag: number, value: number) => [short(tag), short(3), long(1), short(value), short(0)];
  return Buffer.concat([
    ...[text(isLittle ? 'II' : 'MM'), short(42), long(8), short(2)],
    ...[...entry(0x0100, 7), ...entry(0x0112, orientation), long(0), text('PLACE')],
  ]);
}

const segment = (marker: number, data: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255]), data]);
const exif = (orientation: number, isLittle = false): Buffer =>
  segment(0xe1, Buffer.concat([text('Exif\0\0'), tiff(orientation, isLittle)]));

const START = Buffer.from([0xff, 0xd8]);
const JFIF = segment(0xe0, text('JFIF\0\x01\x02\0\0\x01\0\x01\0\0'));
const PROFILE = segment(0xe2, text('ICC_PROFILE\0\x01\x01colours'));
const ADOBE = segment(0xee, text('Adobe\0\x64\0\0\0\0\x01'));
const TABLES = Buffer.concat([segment(0xdb, text('quantization')), segment(0xc4, text('codes'))]);
/** Two scans, with an escaped 0xff, a restart, and a fill byte. */
const SCANS = Buffer.concat([
  ...[segment(0xda, text('scan')), Buffer.from([1, 0xff, 0, 2, 0xff, 0xd0, 3, 0xff])],
  ...[segment(0xc4, text('more')), segment(0xda, text('scan')), Buffer.from([4, 0xff, 0, 0xff, 0xd9])],
]);
const XMP = segment(0xe1, text('http://ns.adobe.com/xap/1.0/\0PLACE'));
const OTHERS = [
  XMP,
  segment(0xe2, text('MPF\0PLACE')),
  segment(0xed, text('Photoshop 3.0\0PLACE')),
  segment(0xfe, text('PLACE')),
];

describe('strip of a JPEG', () => {
  it('removes EXIF, XMP, IPTC, comments, and what follows the end, and keeps all others byte for byte', () => {
    const bytes = Buffer.concat([
      START,
      JFIF,
      exif(1),
      ...OTHERS,
      PROFILE,
      ADOBE,
      TABLES,
      SCANS,
      START,
      exif(1),
      text('PLACE'),
    ]);
    expect(clean(bytes)).toEqual(Buffer.concat([START, JFIF, PROFILE, ADOBE, TABLES, SCANS]));
  });

  it.each([true, false])(
    'keeps the orientation (little-endian: %s), and nothing else of the EXIF',
    (isLittle) => {
      const cleaned = clean(Buffer.concat([START, exif(6, isLittle), TABLES, SCANS]));
      expect(String(cleaned)).not.toContain('PLACE');
      const kept = cleaned?.subarray(2, 2 + 38) ?? Buffer.alloc(0);
      expect(kept.subarray(0, 10)).toEqual(
        Buffer.concat([Buffer.from([0xff, 0xe1, 0, 34]), text('Exif\0\0')]),
      );
      // Once more: what was written is read as it was.
      expect(clean(cleaned ?? START)).toEqual(cleaned);
      expect(cleaned?.subarray(2 + 36)).toEqual(Buffer.concat([TABLES, SCANS]));
    },
  );

  it('ends with the data when the file is cut off', () => {
    const bytes = Buffer.concat([START, exif(1), TABLES, SCANS.subarray(0, 14)]);
    expect(clean(bytes)).toEqual(Buffer.concat([START, TABLES, SCANS.subarray(0, 14)]));
  });
});

const chunk = (name: string, data: Buffer): Buffer =>
  Buffer.concat([uint32(data.length), text(name), data, uint32(0x12345678)]);
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
const HEADER = chunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]));
const DATA = chunk('IDAT', deflateSync(Buffer.from([0, 0])));
const END = chunk('IEND', Buffer.alloc(0));

describe('strip of a PNG', () => {
  it('removes texts, times, EXIF, unknown chunks, and what follows the end', () => {
    const others = ['tEXt', 'zTXt', 'iTXt', 'tIME', 'caBX'].map((name) => chunk(name, text('PLACE')));
    const gamma = chunk('gAMA', uint32(45_455));
    const bytes = Buffer.concat([
      SIGNATURE,
      HEADER,
      ...others,
      chunk('eXIf', tiff(1, false)),
      gamma,
      DATA,
      END,
      text('PLACE'),
    ]);
    expect(clean(bytes)).toEqual(Buffer.concat([SIGNATURE, HEADER, gamma, DATA, END]));
  });

  it('keeps the orientation, in a chunk with a right checksum', () => {
    const cleaned = clean(Buffer.concat([SIGNATURE, HEADER, chunk('eXIf', tiff(8, true)), DATA, END]));
    const kept = cleaned?.subarray(8 + HEADER.length, -DATA.length - END.length) ?? Buffer.alloc(0);
    expect(String(kept)).not.toContain('PLACE');
    expect(kept.subarray(4, 8)).toEqual(text('eXIf'));
    expect(kept.readUInt32BE(kept.length - 4)).toBe(crc32(kept.subarray(4, -4)));
    expect(clean(cleaned ?? START)).toEqual(cleaned);
  });
});

const riff = (...chunks: Buffer[]): Buffer => {
  const body = Buffer.concat([text('WEBP'), ...chunks]);
  return Buffer.concat([text('RIFF'), little(body.length), body]);
};
const webpChunk = (name: string, data: Buffer): Buffer =>
  Buffer.concat([text(name), little(data.length), data, Buffer.alloc(data.length % 2)]);
const features = (flags: number): Buffer =>
  webpChunk('VP8X', Buffer.from([flags, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
const PIXELS = webpChunk('VP8 ', text('odd'));

describe('strip of a WebP', () => {
  it('removes EXIF, XMP, and unknown chunks, and says so in the header', () => {
    const others = [
      webpChunk('EXIF', tiff(1, true)),
      webpChunk('XMP ', text('PLACE')),
      webpChunk('C2PA', text('PLACE')),
    ];
    const profile = webpChunk('ICCP', text('colours'));
    expect(clean(riff(features(0x3c), profile, PIXELS, ...others))).toEqual(
      riff(features(0x30), profile, PIXELS),
    );
  });

  it('keeps the orientation', () => {
    const cleaned = clean(
      riff(features(0x0c), PIXELS, webpChunk('EXIF', Buffer.concat([text('Exif\0\0'), tiff(3, true)]))),
    );
    expect(String(cleaned)).not.toContain('PLACE');
    expect(cleaned?.subarray(0, 12 + 18 + PIXELS.length)).toEqual(
      Buffer.concat([text('RIFF'), little((cleaned?.length ?? 0) - 8), text('WEBP'), features(0x08), PIXELS]),
    );
    expect(clean(cleaned ?? START)).toEqual(cleaned);
  });

  it('leaves a simple one as it is', () => {
    expect(clean(riff(PIXELS))).toEqual(riff(PIXELS));
  });
});

describe('strip of anything else', () => {
  it.each(['GIF89a…………………………', 'RIFF....WAVEfmt ', '', '\xff\xd8'])('returns undefined: %j', (start) => {
    expect(strip(text(start))).toBeUndefined();
  });

  it('ends, whatever the bytes say', () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const noise = Buffer.from(
        Array.from({ length: 64 }, (_, at) => (seed * 7_919 + at * at * (seed + 31)) % 256),
      );
      for (const begin of [START, SIGNATURE, riff()]) strip(Buffer.concat([begin, noise]));
    }
  });
});
