import { readFileSync } from 'node:fs';
import type { SNSClientConfig } from '@aws-sdk/client-sns';
import type { SQSClientConfig } from '@aws-sdk/client-sqs';

/** `npm start` writes here where its parts are. */
const LOCAL_FILE = new URL('../../.local/runtime.json', import.meta.url);

interface LocalRuntime {
  readonly pid: number;
  readonly outputs?: { readonly EventsTopicArn?: string };
  readonly endpoints?: { readonly sns: string; readonly sqs: string };
}

/** The topic, and how to reach it: of a deployment by the AWS SDK's usual configuration, or of the local stack. */
export function findTopic(): {
  readonly topicArn: string;
  readonly sns: SNSClientConfig;
  readonly sqs: SQSClientConfig;
} {
  const { EVENTS_TOPIC_ARN } = process.env;
  if (EVENTS_TOPIC_ARN !== undefined) return { topicArn: EVENTS_TOPIC_ARN, sns: {}, sqs: {} };
  const { outputs, endpoints } = readLocal();
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
