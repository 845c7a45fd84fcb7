import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { SNSClientConfig } from '@aws-sdk/client-sns';
import type { SQSClientConfig } from '@aws-sdk/client-sqs';

/** `npm start` writes here where its parts are. */
const LOCAL_FILE = new URL('../../.local/runtime.json', import.meta.url);
const LOOK_EVERY_MS = 200;

interface LocalRuntime {
  readonly pid: number;
  /** Missing while it starts. */
  readonly ready?: true;
  readonly outputs?: { readonly EventsTopicArn?: string };
  readonly endpoints?: { readonly sns: string; readonly sqs: string };
}

/** The topic, and how to reach it: of a deployment by the AWS SDK's usual configuration, or of the local stack. */
export async function findTopic(): Promise<{
  readonly topicArn: string;
  readonly sns: SNSClientConfig;
  readonly sqs: SQSClientConfig;
}> {
  const { EVENTS_TOPIC_ARN } = process.env;
  if (EVENTS_TOPIC_ARN !== undefined) return { topicArn: EVENTS_TOPIC_ARN, sns: {}, sqs: {} };
  const { outputs, endpoints } = await readyStack();
  const topicArn = outputs?.EventsTopicArn;
  if (topicArn === undefined || endpoints === undefined) {
    console.error('No topic of events. Run `npm start -- -c events=true` first, or set EVENTS_TOPIC_ARN.');
    process.exit(1);
  }
  const local = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  return {
    topicArn,
    sns: { ...local, endpoint: endpoints.sns },
    sqs: { ...local, endpoint: endpoints.sqs },
  };
}

/** The local stack, as soon as it has started. Empty if none runs. */
async function readyStack(): Promise<Partial<LocalRuntime>> {
  let local = readLocal();
  if (local.pid !== undefined && local.ready !== true) console.log('The stack is starting …');
  while (local.pid !== undefined && local.ready !== true) {
    await setTimeout(LOOK_EVERY_MS);
    local = readLocal();
  }
  return local;
}

function readLocal(): Partial<LocalRuntime> {
  try {
    const local = JSON.parse(readFileSync(LOCAL_FILE, 'utf8')) as LocalRuntime;
    // Throws if it was killed, and left the file.
    process.kill(local.pid, 0);
    return local;
  } catch {
    return {};
  }
}
