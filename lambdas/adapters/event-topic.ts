import {
  type BatchResultErrorEntry,
  PublishBatchCommand,
  type PublishBatchRequestEntry,
  SNSClient,
} from '@aws-sdk/client-sns';
import pLimit from 'p-limit';
import type { AttributedEvent, EventPublisher, PublishOutcome } from '../domain/model/event.ts';
import { describe, logger } from '../shared/logger.ts';
import { sendable } from './sqs.ts';

/** docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html: entries, and bytes of a call with all attributes. */
const MAX_ENTRIES = 10;
const MAX_BYTES = 256 * 1024;
/** Calls at once: 40 events of a batch of 100, and no more than these are repeated if the function dies. */
const CALLS_AT_ONCE = 4;
const TIMEOUT_MS = 2_000;

/** These name the request itself; SNS's other errors pass, or an operator ends them. */
const REFUSALS = new Set([
  'BatchRequestTooLong',
  'BatchRequestTooLongException',
  'InvalidParameter',
  'InvalidParameterException',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'ParameterValueInvalid',
  'ValidationException',
]);

interface Entry {
  /** Its place among all events. */
  readonly index: number;
  readonly entry: Omit<PublishBatchRequestEntry, 'Id'>;
  readonly bytes: number;
}

/**
 * The topic of events. A call that fails ends the attempt: calls that have not begun yet are left out, since they would
 * likely fail as well, and each may take 2 s.
 */
export function createEventTopic(TopicArn: string): EventPublisher {
  const client = new SNSClient({
    // The worker retries, with patience and in one place.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
  });

  async function publishAll(entries: readonly Entry[]): Promise<readonly PublishOutcome[]> {
    const PublishBatchRequestEntries = entries.map(({ entry }, place) => ({ Id: String(place), ...entry }));
    try {
      const { Failed = [] } = await client.send(
        new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }),
      );
      const failures = new Map(Failed.map((failure) => [failure.Id, outcomeOf(failure)]));
      if (Failed.length > 0)
        logger.warn('events not published', { count: Failed.length, code: Failed[0]?.Code });
      return entries.map((_, place) => failures.get(String(place)) ?? 'published');
    } catch (error) {
      logger.warn('events not published', { count: entries.length, error: describe(error) });
      if (!(error instanceof Error && REFUSALS.has(error.name))) return entries.map(() => 'failed');
      // Which of them is it?
      if (entries.length === 1) return ['refused'];
      const outcomes: PublishOutcome[] = [];
      for (const entry of entries) outcomes.push(...(await publishAll([entry])));
      return outcomes;
    }
  }

  return {
    async publish(events) {
      const outcomes: PublishOutcome[] = events.map(() => 'failed');
      let hasFailed = false;
      const atOnce = pLimit(CALLS_AT_ONCE);
      const publishCall = async (call: readonly Entry[]) => {
        if (hasFailed) return;
        const results = await publishAll(call);
        hasFailed ||= results.every((outcome) => outcome === 'failed');
        for (const [place, { index }] of call.entries()) outcomes[index] = results[place] ?? 'failed';
      };
      await Promise.all(callsOf(events).map((call) => atOnce(() => publishCall(call))));
      return outcomes;
    },
  };
}

function outcomeOf({ Code = '' }: BatchResultErrorEntry): PublishOutcome {
  return REFUSALS.has(Code) ? 'refused' : 'failed';
}

/** The events in as few calls as their number and size permit, in order. */
function callsOf(events: readonly AttributedEvent[]): readonly (readonly Entry[])[] {
  const calls: Entry[][] = [];
  let bytesLeft = 0;
  for (const [index, event] of events.entries()) {
    const entry = entryOf(event, index);
    const last = calls.at(-1);
    if (last === undefined || last.length === MAX_ENTRIES || entry.bytes > bytesLeft) {
      calls.push([entry]);
      bytesLeft = MAX_BYTES - entry.bytes;
    } else {
      last.push(entry);
      bytesLeft -= entry.bytes;
    }
  }
  return calls;
}

function entryOf({ event, attributes }: AttributedEvent, index: number): Entry {
  const Message = sendable(JSON.stringify(event));
  const names = Object.entries(attributes);
  const attributeBytes = names.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(`${name}String${value}`),
    0,
  );
  const MessageAttributes = Object.fromEntries(
    names.map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  );
  return { index, entry: { Message, MessageAttributes }, bytes: Buffer.byteLength(Message) + attributeBytes };
}
