/**
 * Removes what a picture says besides the picture: EXIF (with the place), XMP, IPTC, comments, and previews that follow it. The
 * pixels, the colour profile, and the orientation stay, byte for byte. Keeps what is known to be needed, so that what a later
 * camera adds goes, too. Returns undefined for anything but JPEG, PNG, and WebP.
 */
export function strip(bytes: Uint8Array): Uint8Array[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 16) return undefined;
  if (view.getUint16(0) === 0xffd8) return stripJpeg(bytes, view);
  if (view.getUint32(0) === 0x89504e47) return stripPng(bytes, view);
  if (textAt(bytes, 0, 4) === 'RIFF' && textAt(bytes, 8, 4) === 'WEBP') return stripWebp(bytes, view);
  return undefined;
}

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/** https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B. */
function stripJpeg(bytes: Uint8Array, view: DataView): Uint8Array[] {
  const kept: Uint8Array[] = [bytes.subarray(0, 2)];
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = view.getUint8(at + 1);
    // Any number of 0xff may come before a marker.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    if (marker === START_OF_SCAN) {
      const scanEnd = endOfScan(bytes, end);
      kept.push(bytes.subarray(at, scanEnd));
      // What follows the end: previews, with facts of their own, and films.
      if (bytes[scanEnd - 1] === END_OF_IMAGE && bytes[scanEnd - 2] === 0xff) return kept;
      at = scanEnd;
      continue;
    }
    const name = textAt(bytes, at + 4, 12);
    const isApp = marker >= 0xe0 && marker <= 0xef;
    const isNeeded =
      marker === 0xe0 || marker === 0xee || (marker === 0xe2 && name.startsWith('ICC_PROFILE'));
    if (isApp ? isNeeded : marker !== 0xfe) kept.push(bytes.subarray(at, end));
    else if (marker === 0xe1 && name.startsWith('Exif\0\0')) {
      const tiff = orientationOnly(bytes.subarray(at + 10, end));
      if (tiff !== undefined)
        kept.push(Uint8Array.of(0xff, 0xe1, 0, tiff.length + 8, ...bytesOf('Exif\0\0'), ...tiff));
    }
    at = end;
  }
  kept.push(bytes.subarray(at));
  return kept;
}

/** After the data of a scan: the next marker, or right behind the end of the image. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 1 < bytes.length; at += 1) {
    const next = bytes[at + 1] ?? 0;
    // 0xff00 is the byte 0xff; 0xffd0 to 0xffd7 restart the decoder.
    if (bytes[at] !== 0xff || next === 0 || next === 0xff || (next >= 0xd0 && next <= 0xd7)) continue;
    return next === END_OF_IMAGE ? at + 2 : at;
  }
  return bytes.length;
}

/** Besides the critical chunks, whose names begin with a capital: https://www.w3.org/TR/png-3/#11Chunks. */
const PNG_KEPT = 'tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD pHYs hIST sPLT acTL fcTL fdAT'.split(' ');

function stripPng(bytes: Uint8Array, view: DataView): Uint8Array[] {
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const name = textAt(bytes, at + 4, 4);
    const end = at + 12 + length;
    if (/^[A-Z]/.test(name) || PNG_KEPT.includes(name)) kept.push(bytes.subarray(at, end));
    else if (name === 'eXIf') {
      const tiff = orientationOnly(bytes.subarray(at + 8, end - 4));
      if (tiff !== undefined) kept.push(pngChunk('eXIf', tiff));
    }
    if (name === 'IEND') break;
    at = end;
  }
  return kept;
}

function pngChunk(name: string, data: Uint8Array): Uint8Array {
  const body = Uint8Array.of(...bytesOf(name), ...data);
  return Uint8Array.of(...uint32(data.length), ...body, ...uint32(crc32(body)));
}

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const WEBP_KEPT = ['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP'];
const WEBP_EXIF = 8;
const WEBP_XMP = 4;

/** https://developers.google.com/speed/webp/docs/riff_container. */
function stripWebp(bytes: Uint8Array, view: DataView): Uint8Array[] {
  const kept: Uint8Array[] = [];
  let features: Uint8Array | undefined;
  let exif: Uint8Array | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = textAt(bytes, at, 4);
    const length = view.getUint32(at + 4, true);
    // Chunks begin at even places.
    const end = at + 8 + length + (length % 2);
    const chunk = bytes.subarray(at, end);
    if (name === 'VP8X') {
      features = chunk.slice();
      kept.push(features);
    } else if (WEBP_KEPT.includes(name)) kept.push(chunk);
    else if (name === 'EXIF') exif = orientationOnly(chunk.subarray(8));
    at = end;
  }
  if (exif !== undefined) kept.push(Uint8Array.of(...bytesOf('EXIF'), exif.length, 0, 0, 0, ...exif));
  if (features !== undefined)
    features[8] = ((features[8] ?? 0) & ~(WEBP_EXIF | WEBP_XMP)) | (exif === undefined ? 0 : WEBP_EXIF);
  const length = kept.reduce((sum, chunk) => sum + chunk.length, 4);
  return [Uint8Array.of(...bytesOf('RIFF'), ...uint32(length).reverse(), ...bytesOf('WEBP')), ...kept];
}

const ORIENTATION = 0x0112;

/** EXIF that says the orientation and nothing else; undefined if it is the usual one. */
function orientationOnly(exif: Uint8Array): Uint8Array | undefined {
  // Some write the name of JPEG's segment into other formats, too.
  const tiff = textAt(exif, 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif;
  const orientation = orientationOf(tiff);
  if (orientation < 2 || orientation > 8) return undefined;
  // Big-endian, one entry: a short.
  const header = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1];
  return Uint8Array.of(...header, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0);
}

function orientationOf(tiff: Uint8Array): number {
  if (tiff.length < 14) return 0;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const isLittle = textAt(tiff, 0, 2) === 'II';
  const start = view.getUint32(4, isLittle);
  if (start + 2 > tiff.length) return 0;
  const count = view.getUint16(start, isLittle);
  for (let at = start + 2, index = 0; index < count && at + 12 <= tiff.length; at += 12, index += 1)
    if (view.getUint16(at, isLittle) === ORIENTATION) return view.getUint16(at + 8, isLittle);
  return 0;
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

function bytesOf(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

/** Big-endian. */
function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
