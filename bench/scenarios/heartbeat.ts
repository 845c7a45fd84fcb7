import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { BenchStack } from '../stack/bench-stack.ts';
import type { Scenario } from './scenario.ts';

export const heartbeat: Scenario = {
  name: 'heartbeat',
  isChecked: true,
  async run({ stack, measure, rounds, user }) {
    const a = user();
    const alice = await stack.join(a);
    for (let round = 0; round < rounds; round += 1) {
      await measure('heartbeat', () => alice.request({ action: 'heartbeat' }));
      await agePresence(stack, a);
      await measure('heartbeat that renews the lease', () => alice.request({ action: 'heartbeat' }));
    }
    await stack.leave(alice);
  },
};

/** Leaves less than half of the lease, as after sixteen minutes. Uses the item layout of lambdas/adapters/route-table.ts. */
async function agePresence({ documents, table }: BenchStack, userId: string): Promise<void> {
  await documents.send(
    new UpdateCommand({
      TableName: table('Routes'),
      Key: { userId },
      UpdateExpression: 'SET #device.#lease = :soon',
      ConditionExpression: 'attribute_exists(#device.#lease)',
      ExpressionAttributeNames: { '#device': 'd#phone', '#lease': 'l' },
      ExpressionAttributeValues: { ':soon': Date.now() + 14 * 60_000 },
    }),
  );
}
