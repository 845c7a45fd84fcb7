import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type PostContext, postForm } from '../src/files/post-form.ts';
import { ManualClock } from './support/manual-clock.ts';

/** As browsers and React Native have it; the test plays the network. */
class FakeRequest {
  static last: FakeRequest;
  readonly upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  onload = (): void => {};
  onerror: (() => void) | null = null;
  status = 0;
  responseText = '';
  sent: FormData | undefined;
  url = '';
  isAborted = false;

  constructor() {
    FakeRequest.last = this;
  }
  open(_method: string, url: string): void {
    this.url = url;
  }
  send(body: FormData): void {
    this.sent = body;
  }
  abort(): void {
    this.isAborted = true;
    this.onerror?.();
  }
  answer(status: number, text = ''): void {
    Object.assign(this, { status, responseText: text });
    this.onload();
  }
}

const form = { url: 'https://bucket/', fields: { key: 'pending/a', policy: 'p' } };
const file = new Blob(['hello'], { type: 'text/plain' });
let clock: ManualClock;
let aborter: AbortController;
let shares: number[];

beforeEach(() => {
  clock = new ManualClock();
  aborter = new AbortController();
  shares = [];
  vi.stubGlobal('XMLHttpRequest', FakeRequest);
  return () => vi.unstubAllGlobals();
});

function post(data: Parameters<typeof postForm>[1] = file): {
  request: FakeRequest;
  outcome: Promise<unknown>;
} {
  const context: PostContext = {
    environment: { after: clock.after, fetch: () => Promise.reject(new Error('not fetch')) },
    signal: aborter.signal,
    onProgress: (share) => shares.push(share),
  };
  const outcome = postForm(form, data, context).then(
    () => 'done',
    (error: { code: string; message: string }) => `${error.code} ${error.message}`,
  );
  return { request: FakeRequest.last, outcome };
}

describe('postForm with XMLHttpRequest', () => {
  it('posts the fields in their order, then the file, and reports the progress', async () => {
    const { request, outcome } = post();
    request.upload.onprogress?.({ loaded: 2, total: 8 });
    request.upload.onprogress?.({ loaded: 8, total: 8 });
    request.answer(204);
    expect(await outcome).toBe('done');
    expect(request.url).toBe('https://bucket/');
    expect([...(request.sent?.keys() ?? [])]).toEqual(['key', 'policy', 'file']);
    expect(shares).toEqual([0.25, 1]);
    expect(clock.pendingMs).toEqual([]);
  });

  it('rejects with what S3 says, without the key and the signature', async () => {
    const { request, outcome } = post();
    request.answer(
      403,
      '<Error><Code>AccessDenied</Code><Message>Policy expired.</Message><Key>secret</Key></Error>',
    );
    expect(await outcome).toBe('network POST https://bucket/ answered 403: AccessDenied Policy expired.');
  });

  it('gives up after a minute in which nothing moves', async () => {
    const { request, outcome } = post();
    clock.advance(59_000);
    request.upload.onprogress?.({ loaded: 1, total: 8 });
    clock.advance(59_000);
    expect(request.isAborted).toBe(false);
    clock.advance(1_000);
    expect(request.isAborted).toBe(true);
    expect(await outcome).toMatch(/^timeout /);
  });

  it('rejects with network without an answer', async () => {
    const { request, outcome } = post();
    request.onerror?.();
    expect(await outcome).toBe('network could not reach https://bucket/');
  });

  it.each(['before', 'while'])('ends when the signal is aborted %s it runs', async (when) => {
    if (when === 'before') aborter.abort();
    const { request, outcome } = post();
    aborter.abort();
    expect(request.isAborted).toBe(true);
    expect(await outcome).toMatch(/^cancelled /);
    expect(clock.pendingMs).toEqual([]);
  });

  it('gives React Native the URI in place of the file', () => {
    const append = vi.spyOn(FormData.prototype, 'append');
    post({ uri: 'file:///cat.jpg', size: 5, type: 'image/jpeg' });
    expect(append).toHaveBeenLastCalledWith('file', {
      ...{ name: 'file', uri: 'file:///cat.jpg', size: 5, type: 'image/jpeg' },
    });
    append.mockRestore();
  });
});
