import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { createAwsProxy } from '../../../local/aws-proxy/index.ts';
import { startRuntime } from '../../../local/runtime.ts';
import { chromiumArguments, chromiumPath } from '../../../scripts/chromium.ts';
import { sharedAssembly } from '../../../test/setup/assembly.ts';
import { openShop } from './shop.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The stack of all web tests. Each test has its own users. */
    readonly stack: StackUrls;
    /** The address of the shared browser. */
    readonly browser: string;
  }
}

export interface StackUrls {
  readonly webUrl: string;
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly tokenUrl: string;
  /** A page of another origin, which may embed the widget. */
  readonly shopUrl: string;
  /** Where the page and the tests reach the bucket of files. */
  readonly s3Url: string;
  readonly filesBucket: string;
}

/** One queue a test, so that no test sees the chats of another (`newQueue`). */
const TEST_QUEUES = ['desk', 'widget'].flatMap((file) =>
  Array.from({ length: 12 }, (_, n) => `${file}-${n + 1}`),
);

/** Starts one stack and one browser for all files. */
export default async function setStage(project: TestProject): Promise<() => Promise<void>> {
  const executablePath = chromiumPath();
  const shop = await openShop();
  const cdkOut = await sharedAssembly();
  const [runtime, browser] = await Promise.all([
    startRuntime({
      cdkOut,
      // What lets a page upload: the emulator's own S3 has no CORS.
      awsProxy: createAwsProxy({ idleLinesBreakAt: [] }).attach,
      webPort: 0,
      widgetOrigins: [shop.origin],
      // No test is about a function that is too slow, but the machine may be.
      timeoutFactor: 5,
      // The test of an agent who is gone waits for it; a page that a busy machine stalls may take as long.
      environment: { DESK_AGENT_GRACE_SECONDS: '20', DESK_QUEUES: ['default', ...TEST_QUEUES].join(',') },
    }),
    chromium.launchServer({ executablePath, args: [...chromiumArguments()] }),
  ]);
  const { wsUrl, httpUrl, tokenUrl, webUrl = '' } = runtime;
  shop.open(webUrl);
  project.provide('stack', {
    ...{ wsUrl, httpUrl, tokenUrl, webUrl, shopUrl: `${shop.origin}/` },
    s3Url: runtime.endpoints.s3,
    filesBucket: runtime.outputs['AttachmentsBucketName'] ?? '',
  });
  project.provide('browser', browser.wsEndpoint());
  return async () => {
    await browser.close();
    await runtime.stop();
    await shop.close();
  };
}
