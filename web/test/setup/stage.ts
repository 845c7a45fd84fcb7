import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { startRuntime } from '../../../local/runtime.ts';
import { chromiumArguments, chromiumPath } from '../../../scripts/chromium.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The stack that all tests of the page run on, each with users of its own. */
    readonly stack: StackUrls;
    /** Where the one browser listens. */
    readonly browser: string;
  }
}

export interface StackUrls {
  readonly webUrl: string;
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly tokenUrl: string;
}

/** One stack and one browser for all files. */
export default async function setStage(project: TestProject): Promise<() => Promise<void>> {
  const executablePath = chromiumPath();
  const [runtime, browser] = await Promise.all([
    // Nobody waits two minutes for an agent who has gone; one whose page a busy machine stalls is back by then.
    startRuntime({ webPort: 0, environment: { DESK_AGENT_GRACE_SECONDS: '5' } }),
    chromium.launchServer({ executablePath, args: [...chromiumArguments()] }),
  ]);
  const { wsUrl, httpUrl, tokenUrl, webUrl = '' } = runtime;
  project.provide('stack', { wsUrl, httpUrl, tokenUrl, webUrl });
  project.provide('browser', browser.wsEndpoint());
  return async () => {
    await browser.close();
    await runtime.stop();
  };
}
