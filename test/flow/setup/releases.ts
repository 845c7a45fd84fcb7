import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Sdk from '../../../client/src/index.ts';
import type { AwsProxy } from '../../../local/aws-proxy/index.ts';
import { draw } from '../../../local/aws-proxy/random.ts';
import type { StackModel } from '../../../local/model.ts';
import { loadStack } from '../../../local/stack/loader.ts';
import { releaseAssembly } from '../../setup/assembly.ts';
import { CLIENT_FILE, earlierRelease } from '../../setup/earlier-release.ts';
import { deskEnvironment } from './desk.ts';
import { type Stack, startStack } from './stack.ts';

export type Release = 'earlier' | 'this';

export interface Releases {
  readonly stack: Stack;
  /** The earlier release's stack, at the same addresses. */
  readonly earlier: StackModel;
  /** From now on all functions run the code of this release; what runs already goes on. */
  deploy(release: Release): void;
  /** From now on each invocation runs the code of either, by chance. */
  mix(seed: number): void;
}

/** The stack with the code of two releases, of which the earlier one is deployed. */
export async function startReleases(proxy: AwsProxy): Promise<Releases> {
  const cdkOut = earlierRelease();
  let takes = () => true;
  const stack = await startStack({
    cdkOut: await releaseAssembly(),
    earlier: { cdkOut, takes: () => takes() },
    awsProxy: proxy.attach,
    environment: deskEnvironment(),
    onWarning: () => undefined,
  });
  const { endpoints, issuer } = stack;
  const origins = {
    gateway: endpoints.connections,
    connections: endpoints.connections,
    issuer,
    sqs: endpoints.sqs,
  };
  return {
    stack,
    earlier: loadStack(cdkOut, origins),
    deploy: (release) => {
      takes = () => release === 'earlier';
    },
    mix: (seed) => {
      takes = eitherRelease(seed);
    },
  };
}

/** Whether the earlier release takes the next invocation. */
export function eitherRelease(seed: number): () => boolean {
  let invocations = 0;
  return () => {
    invocations += 1;
    return draw(seed, 'release', invocations) < 0.5;
  };
}

/** The SDK of the earlier release. Its types are this one's: a method that is called is one that it has. */
export async function earlierSdk(): Promise<typeof Sdk> {
  return import(pathToFileURL(join(earlierRelease(), CLIENT_FILE)).href);
}
