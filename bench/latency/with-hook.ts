import { PROJECT_DIRECTORY } from '../../local/runtime.ts';
import { step } from '../progress.ts';
import { table } from '../report/table.ts';
import { hook } from '../scenarios/hook.ts';
import { type Assembly, makeAssembly } from '../stack/assembly.ts';
import { withBenchStack } from '../stack/bench-stack.ts';
import { measureCrowd } from './growth.ts';
import { joinOurs } from './our-crowd.ts';
import { readProfile } from './profile.ts';

const USERS = 10;
const MESSAGES = 200;

/** How long a message takes to its receiver, with and without a hook that answers at once. */
export async function measureHook(assembly: Assembly): Promise<string> {
  const hooked = await step('synthesize with a hook', () => makeAssembly(PROJECT_DIRECTORY, hook.context));
  try {
    const rows = [];
    for (const [name, { directory }] of [
      ['without', assembly],
      ['with', hooked],
    ] as const) {
      const options = { cdkOut: directory, latency: readProfile().rules };
      const { ms } = await step(name, () =>
        withBenchStack(options, async (stack) => measureCrowd(stack, await joinOurs(stack, USERS), MESSAGES)),
      );
      rows.push([name, ms.p50.toFixed(0), ms.p95.toFixed(0), ms.p99.toFixed(0)]);
    }
    return table(['hook', 'p50 ms', 'p95 ms', 'p99 ms'], rows);
  } finally {
    hooked.remove();
  }
}
