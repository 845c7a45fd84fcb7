import type { OperationResult } from '../measure/recorder.ts';
import type { PriceFile } from './prices.ts';
import type { Usage } from './usage.ts';

/** One operation with its figures from bench/results. */
export type MeasuredOperation = Pick<OperationResult, 'scenario' | 'operation' | 'tally' | 'cpuMs'>;

export type Memory = Readonly<Record<string, number>>;

/**
 * The usage of one operation. Requests and units are counted. The functions' time is derived: the measured CPU time divided by
 * the vCPU share of the memory size, plus the wait for sequential calls.
 */
export function usageOf(
  { tally, cpuMs }: MeasuredOperation,
  memory: Memory,
  { assumptions }: Pick<PriceFile, 'assumptions'>,
): Usage {
  const runs = Object.entries(tally.invocations);
  const invocations = runs.reduce((sum, [, count]) => sum + count, 0);
  const calls = Object.values(tally.calls).reduce((sum, count) => sum + count, 0);
  const gbSeconds = runs.reduce((sum, [name, count]) => {
    const megabytes = memory[name] ?? 0;
    const share = Math.min(1, megabytes / assumptions.vcpuMegabytes.value);
    const rows = tally.chain[name] ?? calls / invocations / assumptions.callsAtOnce.value;
    const ms = (cpuMs[name]?.meanMs ?? 0) / share + rows * assumptions.waitPerCallMs.value;
    return sum + (count * (megabytes / 1024) * ms) / 1000;
  }, 0);
  // One function that waits for another is the largest of a run.
  const invokes = tally.calls['Invoke'] ?? 0;
  const waitMs = assumptions.waitPerInvokeMs.value - assumptions.waitPerCallMs.value;
  const waiting = Math.max(0, ...runs.map(([name]) => memory[name] ?? 0)) / 1024;
  return {
    ...countedUsage(tally, { assumptions }),
    lambdaGbSecond: gbSeconds + (invokes * waiting * waitMs) / 1000,
  };
}

/** What is counted, and not derived: all but the functions' time. */
export function countedUsage(
  tally: MeasuredOperation['tally'],
  { assumptions }: Pick<PriceFile, 'assumptions'>,
): Usage {
  return {
    dynamodbWriteUnit: tally.writeUnits,
    dynamodbReadUnit: tally.readUnits,
    sqsRequest: tally.queueRequests,
    ...requestsOfPlatform(tally.calls),
    socketMessage: tally.socketMessages,
    httpRequest: tally.httpRequests,
    lambdaRequest: Object.values(tally.invocations).reduce((sum, count) => sum + count, 0),
    accessLogGb: (accessLines(tally) * assumptions.accessLogBytesPerRequest.value) / 1e9,
    transferGb: sentGb(tally, assumptions),
  };
}

/** To services that only some options need. A publish is at most 64 KB here: ten events of short messages. */
function requestsOfPlatform(calls: MeasuredOperation['tally']['calls']): Usage {
  const { Publish: one = 0, PublishBatch: batches = 0, PutObject = 0, GetObject: gets = 0 } = calls;
  const { CopyObject = 0, CreateMultipartUpload = 0, UploadPart = 0, CompleteMultipartUpload = 0 } = calls;
  const publishes = one + batches;
  const puts = PutObject + CopyObject + CreateMultipartUpload + UploadPart + CompleteMultipartUpload;
  return {
    ...(publishes > 0 && { snsRequest: publishes }),
    ...(puts > 0 && { s3PutRequest: puts }),
    ...(gets > 0 && { s3GetRequest: gets }),
  };
}

/** A short message is mostly its frame and TLS; of a page of history, and of a long text, the content is counted. */
function sentGb(
  { socketMessages, httpRequests, sentBytes }: MeasuredOperation['tally'],
  { wireBytesPerMessage }: PriceFile['assumptions'],
): number {
  return Math.max((socketMessages + httpRequests) * wireBytesPerMessage.value, sentBytes) / 1e9;
}

/** Requests that count towards API Gateway's rate: frames, connects, disconnects, HTTP, and posts. */
export function requestsOf({ tally }: Pick<MeasuredOperation, 'tally'>): number {
  return accessLines(tally) + tally.posts;
}

/** Gateway events: each frame (which has a reply), connect, disconnect, and HTTP request. */
function accessLines({
  socketMessages,
  posts,
  httpRequests,
  invocations,
}: MeasuredOperation['tally']): number {
  const frames = Math.max(0, socketMessages - posts) / 2;
  return frames + httpRequests + (invocations['$connect'] ?? 0) + (invocations['$disconnect'] ?? 0);
}
