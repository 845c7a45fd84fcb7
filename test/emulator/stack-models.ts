import type { StackModel, StreamSourceModel, TableModel } from '../../local/model.ts';

/** A stack without resources, for tests of the parts that need one. */
export const EMPTY_STACK: StackModel = {
  functions: [],
  tables: [],
  queues: [],
  topics: [],
  buckets: [],
  scans: [],
  eventSources: [],
  streamSources: [],
  webSocketApis: [],
  httpApis: [],
  otherApis: [],
  parameters: {},
  tokens: [],
  outputs: {},
  warnings: [],
};

/** An event source of the table's stream, from its oldest record. */
export function streamSourceOf(table: TableModel, given: Partial<StreamSourceModel> = {}): StreamSourceModel {
  return {
    logicalId: 'M',
    functionId: 'Fn',
    functionName: 'App-Fn',
    table,
    batchSize: 100,
    windowSeconds: 0,
    startingPosition: 'TRIM_HORIZON',
    parallelizationFactor: 1,
    filters: [],
    reportBatchItemFailures: true,
    bisects: false,
    maximumRetryAttempts: Number.POSITIVE_INFINITY,
    maximumRecordAgeSeconds: 86_400,
    ...given,
  };
}
