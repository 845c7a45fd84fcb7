import { randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { s3Client } from '../../local/emulators/clients.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import { startTask } from './erase.ts';
import type { Scenario } from './scenario.ts';

/** The same for both imports: a message without an id of its own gets one that is made of it. */
const sentAt = Date.now() - 3_600_000;
const MOST_ROUNDS = 3;
/** Few enough that one page has them all, on a busy machine, too. */
const MANY = 40;

/** Histories are imported: a long one, and conversations that are new. */
export const importFile: Scenario = {
  name: 'import',
  isChecked: true,
  async run({ stack, rounds, measure, user }) {
    for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round += 1) {
      const [alice, bob] = [user(), user()];
      const long = await upload(stack, linesOf(alice, bob, MANY));
      await measure(`import a conversation of ${MANY} messages`, () => startImport(stack, long));

      const again = await upload(stack, linesOf(alice, bob, MANY));
      await measure('… which is there already', () => startImport(stack, again));

      const short = Array.from({ length: 10 }, () => linesOf(alice, user(), 1)).flat();
      const many = await upload(stack, short);
      await measure('… ten conversations of one message', () => startImport(stack, many));
    }
  },
};

function linesOf(a: string, b: string, count: number): object[] {
  const conversationId = `dm:${[a, b].toSorted().join(':')}`;
  const content = { type: 'text', text: 'x'.repeat(100) };
  return [
    { kind: 'conversation', conversationId, lastSeq: count },
    ...Array.from({ length: count }, (_, n) => ({
      ...{ kind: 'message', conversationId, seq: n + 1, from: n % 2 === 0 ? a : b, sentAt, content },
    })),
  ];
}

async function upload(stack: BenchStack, lines: readonly object[]): Promise<string> {
  const importId = randomUUID();
  const client = s3Client(stack.runtime.endpoints.s3);
  const Body = lines.map((line) => JSON.stringify(line)).join('\n');
  const Bucket = stack.runtime.outputs['ExportBucketName'];
  await client.send(new PutObjectCommand({ Bucket, Key: `imports/${importId}.jsonl`, Body }));
  client.destroy();
  return importId;
}

const startImport = (stack: BenchStack, importId: string) => startTask(stack, 'import', { importId });
