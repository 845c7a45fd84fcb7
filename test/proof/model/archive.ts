import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { draw } from '../../../local/aws-proxy/random.ts';
import { s3Client } from '../../../local/emulators/clients.ts';
import type { SeenMessage } from '../history.ts';
import type { World } from './world.ts';

/** The retention of the assembly, and a day. */
const UNTIL_EXPIRED_SECONDS = 31 * 86_400;
const PATIENCE_MS = 20_000;
const POLL_MS = 30;
/** The worker gathers a batch for five minutes. */
const WINDOW_SECONDS = 60;
const FAULTS = ['kill', 'kill-after', 'error-after', 'cut-after'] as const;
const MORE_THAN_THE_SDK_TRIES = 6;

/** At the end of a run a month passes: all of it expires, while the archive's worker dies or S3 fails, and is read from the archive. */
export async function archiveAll(world: World): Promise<void> {
  const { infrastructure, recorder, seed } = world;
  const { runtime, proxy } = infrastructure;
  const finals = recorder.history.events.flatMap((event) => (event.type === 'final' ? event.messages : []));
  const read = new Set(await keysOf(world));
  const fault = FAULTS[Math.floor(draw(seed, 'archive', 0) * FAULTS.length)] ?? 'kill';
  world.inject({ function: 'ArchiveMessages', fault, times: 1 });
  world.inject({ function: 'ArchiveMessages', fault: 'throttle', times: MORE_THAN_THE_SDK_TRIES });
  await runtime.expireItems(UNTIL_EXPIRED_SECONDS);
  const deadline = Date.now() + PATIENCE_MS;
  const messages: SeenMessage[] = [];
  for (;;) {
    await runtime.untilStreamsRead();
    runtime.advanceQueues(WINDOW_SECONDS);
    await proxy.untilIdle();
    messages.push(...(await newMessages(world, read)));
    const has = new Set(messages.map(({ messageId }) => messageId));
    if (finals.every(({ messageId }) => has.has(messageId)) || Date.now() > deadline) break;
    await delay(POLL_MS);
  }
  world.clearFaults();
  const ids = new Set(world.conversations.map(({ conversationId }) => conversationId));
  recorder.add({
    type: 'archived',
    messages: messages.filter(({ conversationId }) => ids.has(conversationId)),
  });
}

async function keysOf({ infrastructure: { runtime } }: World): Promise<readonly string[]> {
  const client = s3Client(runtime.endpoints.s3);
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucketOf(runtime) }))
    keys.push(...Contents.map(({ Key = '' }) => Key));
  client.destroy();
  return keys;
}

/** Of the objects that are not read yet. @param read their keys */
async function newMessages(world: World, read: Set<string>): Promise<readonly SeenMessage[]> {
  const { runtime } = world.infrastructure;
  const client = s3Client(runtime.endpoints.s3);
  const messages: SeenMessage[] = [];
  for (const Key of await keysOf(world)) {
    if (read.has(Key)) continue;
    read.add(Key);
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucketOf(runtime), Key }));
    const lines = gunzipSync(Buffer.from((await Body?.transformToByteArray()) ?? [])).toString();
    messages.push(
      ...lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
  }
  client.destroy();
  return messages;
}

function bucketOf({ outputs }: World['infrastructure']['runtime']): string {
  return outputs['ArchiveBucketName'] ?? '';
}
