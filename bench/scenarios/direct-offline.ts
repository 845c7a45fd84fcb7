import type { Socket } from '../stack/socket.ts';
import { pauseOffline } from './absent.ts';
import { type Bench, inParallel, type Scenario, sending } from './scenario.ts';

const WAITING = 100;
const BATCH = 10;
/** A low limit, since each round begins with a hundred messages and takes seconds. */
const MOST_ROUNDS = 8;

/** Bob is away while a hundred messages are sent to him, and then gets them page by page. */
export const directOffline: Scenario = {
  name: 'direct-offline',
  isChecked: true,
  async run(bench) {
    for (let round = 0; round < Math.min(bench.rounds, MOST_ROUNDS); round += 1) {
      const [a, b] = [bench.user(), bench.user()];
      const alice = await bench.stack.join(a);
      const queue = await pauseOffline(bench.stack);
      await alice.request(sending(b));
      await bench.measure('message, receiver away', async () => {
        await alice.request(sending(b));
      });
      await storeBatch(bench, alice, b, queue);
      await inParallel(WAITING - BATCH, BATCH, async () => {
        await alice.request(sending(b));
      });
      await drain(bench, b);
      await bench.stack.leave(alice);
    }
  },
};

/** The consumer takes the messages that are available, so a batch is full only if messages had to wait. */
async function storeBatch(
  { measure }: Bench,
  alice: Socket,
  bob: string,
  queue: { release(): void },
): Promise<void> {
  // Two messages are there already.
  for (let n = 2; n < BATCH; n += 1) await alice.request(sending(bob));
  await measure('store-offline, a batch of 10', async () => queue.release());
}

async function drain({ stack, measure }: Bench, b: string): Promise<void> {
  // Messages still in the queue would be pushed to him when he connects.
  await stack.settle();
  const bob = await stack.open(b);
  const first = await measure('hello, a page of 50', () => bob.request({ action: 'hello' }));
  const { batch } = first['inbox'] as { batch: string };
  const second = await measure('ackInbox, the next page of 50', () =>
    bob.request({ action: 'ackInbox', batch }),
  );
  const last = await measure('ackInbox, nothing left', () =>
    bob.request({ action: 'ackInbox', batch: second['batch'] }),
  );
  if (last['batch'] !== null) throw new Error('The inbox held more than two pages.');
  await stack.leave(bob);
}
