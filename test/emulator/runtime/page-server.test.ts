import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PageServer, servePage } from '../../../local/web-page/page-server.ts';

describe('the web page as served', () => {
  const directory = mkdtempSync(join(tmpdir(), 'serverless-im-page-'));
  const config = {
    wsUrl: 'ws://127.0.0.1:1/prod',
    httpUrl: 'http://127.0.0.1:1',
    auth: { kind: 'dev' },
    widgetOrigins: ['https://shop.example.com'],
    files: { maxBytes: 1_000, types: ['image/*'] },
  };
  let server: PageServer;

  beforeAll(async () => {
    mkdirSync(join(directory, 'assets'));
    writeFileSync(join(directory, 'index.html'), '<!doctype html>');
    writeFileSync(join(directory, 'assets/index-1.js'), '1');
    server = await servePage({
      directory,
      port: 0,
      config,
      signInUrls: ['http://127.0.0.1:2/token'],
      filesOrigin: 'http://127.0.0.1:3',
    });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(directory, { recursive: true });
  });

  const get = (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init);

  it('may run its own files, call the chat and its issuer, and nothing else', async () => {
    const policy = (await get('?demo')).headers.get('content-security-policy');
    expect(policy).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: http://127.0.0.1:3 blob:;",
    );
    expect(policy).toContain(
      "connect-src 'self' http://127.0.0.1:1 ws://127.0.0.1:1 http://127.0.0.1:2 http://127.0.0.1:3; frame-src 'self';",
    );
    expect(policy).not.toContain('object-src');
    expect(policy).toContain("frame-ancestors 'none'; require-trusted-types-for 'script'");
    expect(policy).toContain("worker-src 'self'");
  });

  it('lets its own pages and the allowed origins frame the customer’s widget, and nothing else', async () => {
    const policyOf = async (path: string) => (await get(path)).headers.get('content-security-policy');
    expect(await policyOf('widget')).toContain("frame-ancestors 'self' https://shop.example.com;");
    expect(await policyOf('widget?desk')).toContain("frame-ancestors 'self' https://shop.example.com;");
    expect(await policyOf('desk')).toContain("frame-ancestors 'none';");
    expect(await policyOf('desk?widget')).toContain("frame-ancestors 'none';");
    expect(await policyOf('?widget')).toContain("frame-ancestors 'none';");
    expect((await get('desk')).status).toBe(200);
  });

  it('is revalidated each time, except for files whose names change with their content', async () => {
    const page = await get('');
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect((await get('assets/index-1.js')).headers.get('cache-control')).toContain('immutable');
    // A release that is just being put up may lack a file for a moment.
    expect((await get('assets/index-2.js')).headers.get('cache-control')).toBe('no-cache');
  });

  it('reads the URLs of the chat at run time', async () => {
    expect(await (await get('config.json')).json()).toEqual(config);
  });

  it('has no other files and accepts no writes', async () => {
    expect((await get('..%2f..%2fetc/passwd')).status).toBe(404);
    const missing = await get('secret');
    expect(missing.status).toBe(404);
    expect(await missing.text()).toBe('Not found.\n');
    expect((await get('', { method: 'POST' })).status).toBe(405);
  });

  it('reports in one line that its port is in use', async () => {
    const port = Number(new URL(server.url).port);
    await expect(servePage({ directory, port, config, signInUrls: [] })).rejects.toThrow(
      `Port ${port}, for the web page, is taken; choose another with --web-port.`,
    );
  });
});
