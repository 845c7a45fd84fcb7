import type { DynamoDBStreamEvent } from 'aws-lambda';
import * as of from '../composition.ts';
import { lazily } from '../shared/lazily.ts';
import { publishRecords } from '../transport/stream-records.ts';

const ports = lazily({ publisher: of.eventTopic, readRow: of.streamRows, clock: of.clock, pause: of.pause });

/** Publishes changes of the tables as events (IM-EVENT). Also invoked by an operator, with records that failed. */
export const handler = ({ Records }: DynamoDBStreamEvent) => publishRecords(ports, Records);
