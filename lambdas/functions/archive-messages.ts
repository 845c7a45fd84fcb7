import type { DynamoDBStreamEvent } from 'aws-lambda';
import * as of from '../composition.ts';
import { lazily } from '../shared/lazily.ts';
import { archiveRecords } from '../transport/archive-records.ts';

const ports = lazily({ archive: of.archive, readRow: of.streamRows });

/** Writes messages that have expired to the archive (IM-ARCHIVE). */
export const handler = ({ Records }: DynamoDBStreamEvent) => archiveRecords(ports, Records);
