import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { newPage, type VisitedPage } from './setup/pages.ts';

/** What the SDK finds out and makes of a file in a browser: only a real one decodes pictures. */

let page: VisitedPage;
let code: string;

beforeAll(async () => {
  const { outputFiles } = await build({
    ...{ entryPoints: ['client/src/files/prepare.ts'], bundle: true, write: false, format: 'iife' },
    globalName: 'im',
  });
  page = await newPage({});
  // Evaluated, since the page's policy forbids scripts that others add.
  code = `${outputFiles[0]?.text ?? ''};${MAKERS}`;
});

/** In the page: makes files, and describes what became of them. */
const MAKERS = `
async function picture(width, height, type, paint = () => {}) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  paint(context);
  return canvas.convertToBlob({ type });
}
/** Left half red, right half blue. */
const halves = (width, height) => (context) => {
  context.fillStyle = '#f00';
  context.fillRect(0, 0, width / 2, height);
  context.fillStyle = '#00f';
  context.fillRect(width / 2, 0, width / 2, height);
};
async function colourAt(blob, x, y) {
  const image = await createImageBitmap(blob);
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const [red, green, blue, alpha] = context.getImageData(x * (image.width - 1), y * (image.height - 1), 1, 1).data;
  if (alpha === 0) return 'nothing';
  return red > 200 && green > 200 && blue > 200 ? 'white' : red > 200 ? 'red' : blue > 200 ? 'blue' : 'black';
}
/** EXIF that turns the picture by a quarter, and names a place. */
async function turned(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
  const data = [...new TextEncoder().encode('Exif\\0\\0'), ...tiff, ...new TextEncoder().encode('PLACE')];
  return new Blob([bytes.slice(0, 2), Uint8Array.of(0xff, 0xe1, 0, data.length + 2, ...data), bytes.slice(2)], { type: blob.type });
}
async function redVideo() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
  const context = canvas.getContext('2d');
  const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: 'video/webm' });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start(50);
  // Until the recorder has encoded some: on a busy machine its encoder starts late.
  for (let frame = 0; frame < 400 && (frame < 10 || !parts.some(({ size }) => size > 0)); frame += 1) {
    context.fillStyle = '#f00';
    context.fillRect(0, 0, 640, 480 - frame);
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  recorder.stop();
  await stopped;
  return new Blob(parts, { type: 'video/webm' });
}
async function described({ data, thumbnail, ...facts }) {
  const text = new TextDecoder('latin1').decode(await data.arrayBuffer());
  const { data: small, ...size } = thumbnail ?? {};
  return { ...facts, type: data.type, hasPlace: text.includes('PLACE'), thumbnail: small && { type: small.type, ...size } };
}
`;

const inPage = <Result>(script: string): Promise<Result> =>
  page.evaluate(`(async () => { ${code}; ${script} })()`);

describe('prepare, in a browser', () => {
  it('measures a picture as it is shown, makes a thumbnail, and removes the place without turning it', async () => {
    const found = await inPage<object>(`
      const file = await turned(await picture(1200, 600, 'image/jpeg', halves(1200, 600)));
      const prepared = await im.prepare({ data: file, name: 'a.jpg' }, false);
      const shown = await Promise.all([prepared.data, prepared.thumbnail.data].flatMap((blob) => [colourAt(blob, 0.5, 0.1), colourAt(blob, 0.5, 0.9)]));
      return { ...(await described(prepared)), shown };
    `);
    expect(found).toEqual({
      ...{ name: 'a.jpg', width: 600, height: 1200, type: 'image/jpeg', hasPlace: false },
      thumbnail: { type: 'image/webp', width: 160, height: 320 },
      shown: ['red', 'blue', 'red', 'blue'],
    });
  });

  it('keeps the metadata when the app wants it, and what the app has said', async () => {
    const found = await inPage<object>(`
      const file = await turned(await picture(400, 200, 'image/jpeg'));
      return described(await im.prepare({ data: file, name: 'a', width: 7, thumbnail: null }, true));
    `);
    expect(found).toEqual({
      name: 'a',
      width: 7,
      height: 400,
      type: 'image/jpeg',
      hasPlace: true,
      thumbnail: undefined,
    });
  });

  it('makes a JPEG with a white ground where the browser has no WebP', async () => {
    const found = await inPage<object>(`
      const convert = OffscreenCanvas.prototype.convertToBlob;
      OffscreenCanvas.prototype.convertToBlob = function (options) {
        return convert.call(this, options.type === 'image/webp' ? { type: 'image/png' } : options);
      };
      try {
        const { thumbnail } = await im.prepare({ data: await picture(640, 320, 'image/png') }, false);
        return { type: thumbnail.data.type, colour: await colourAt(thumbnail.data, 0.5, 0.5) };
      } finally {
        OffscreenCanvas.prototype.convertToBlob = convert;
      }
    `);
    expect(found).toEqual({ type: 'image/jpeg', colour: 'white' });
  });

  it('makes a thumbnail with a canvas of the document where there is no OffscreenCanvas', async () => {
    const found = await inPage<object>(`
      const file = await picture(640, 320, 'image/png');
      const kept = globalThis.OffscreenCanvas;
      delete globalThis.OffscreenCanvas;
      try {
        return await described(await im.prepare({ data: file }, false));
      } finally {
        globalThis.OffscreenCanvas = kept;
      }
    `);
    expect(found).toMatchObject({ width: 640, thumbnail: { type: 'image/webp', width: 320, height: 160 } });
  });

  it.each([
    ['a small picture', "await picture(16, 16, 'image/png')", { width: 16, height: 16 }],
    ['what is no picture', "new Blob(['x'], { type: 'image/png' })", {}],
    ['what is no video', "new Blob(['x'], { type: 'video/mp4' })", {}],
  ])('makes no thumbnail of %s', async (_, file, facts) => {
    const found = await inPage<object>(
      `return described(await im.prepare({ data: ${file}, name: 'a' }, false));`,
    );
    expect(found).toMatchObject({ ...facts, thumbnail: undefined });
    if (!('width' in facts)) expect(found).not.toHaveProperty('width');
  });

  it('measures a sound', async () => {
    const found = await inPage<object>(`
      const samples = 8000 * 1.5;
      const header = new DataView(new ArrayBuffer(44));
      const put = (at, text) => [...text].forEach((one, index) => header.setUint8(at + index, one.charCodeAt(0)));
      put(0, 'RIFF'); header.setUint32(4, 36 + samples, true); put(8, 'WAVEfmt '); header.setUint32(16, 16, true);
      header.setUint16(20, 1, true); header.setUint16(22, 1, true); header.setUint32(24, 8000, true);
      header.setUint32(28, 8000, true); header.setUint16(32, 1, true); header.setUint16(34, 8, true);
      put(36, 'data'); header.setUint32(40, samples, true);
      const file = new Blob([header.buffer, new Uint8Array(samples).fill(128)], { type: 'audio/wav' });
      return described(await im.prepare({ data: file, name: 'a.wav' }, false));
    `);
    expect(found).toMatchObject({ durationMs: 1_500, thumbnail: undefined });
  });

  it('measures a video, and takes its first frame for the thumbnail', async () => {
    const found = await inPage<object>(`
      const prepared = await im.prepare({ data: await redVideo(), name: 'a.webm' }, false);
      return { ...(await described(prepared)), colour: await colourAt(prepared.thumbnail.data, 0.5, 0.1) };
    `);
    expect(found).toMatchObject({
      ...{ width: 640, height: 480, colour: 'red' },
      thumbnail: { type: 'image/webp', width: 320, height: 240 },
    });
  });

  it('waits for the first frame of a video that says “seeked” before it is there', async () => {
    const found = await inPage<object>(`
      const video = await redVideo();
      const listen = HTMLMediaElement.prototype.addEventListener;
      HTMLMediaElement.prototype.addEventListener = function (event, ...rest) {
        return listen.call(this, event === 'seeked' ? 'seeking' : event, ...rest);
      };
      try {
        const prepared = await im.prepare({ data: video, name: 'a.webm' }, false);
        return { colour: await colourAt(prepared.thumbnail.data, 0.5, 0.1) };
      } finally {
        HTMLMediaElement.prototype.addEventListener = listen;
      }
    `);
    expect(found).toEqual({ colour: 'red' });
  });

  it('waits for no frame of a video that has a thumbnail', async () => {
    const found = await inPage<object>(`
      const [data, thumbnail] = [await redVideo(), new Blob(['mine'], { type: 'image/webp' })];
      const currentTime = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'currentTime');
      Object.defineProperty(HTMLMediaElement.prototype, 'currentTime', {
        configurable: true,
        set() { throw new Error('It asks for a frame.'); },
      });
      try {
        const { width, height } = await im.prepare({ data, name: 'a.webm', thumbnail: { data: thumbnail } }, false);
        return { width, height };
      } finally {
        Object.defineProperty(HTMLMediaElement.prototype, 'currentTime', currentTime);
      }
    `);
    expect(found).toEqual({ width: 640, height: 480 });
  });
});
