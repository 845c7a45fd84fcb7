import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { EXPIRED_MARK } from '../emulators/expiry.ts';
import { recordOf } from '../json.ts';
import type { StreamViewType, TableModel } from '../model.ts';
import { REGION, streamArn } from '../stack/identifiers.ts';

type Item = Readonly<Record<string, unknown>>;

/** A record as the emulator has it. */
export interface EmulatorRecord {
  readonly eventName: string;
  readonly dynamodb: {
    readonly Keys: Item;
    readonly NewImage?: Item;
    readonly OldImage?: Item;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly ApproximateCreationDateTime: number;
  };
}

export interface StreamRecord {
  /** Its place in the table's stream. */
  readonly position: number;
  readonly createdMs: number;
  /** As in the function's event. */
  readonly event: Item;
  /** `dynamodb.SequenceNumber` of the event. */
  readonly sequenceNumber: string;
  readonly bytes: number;
  /** Only records of one partition key have an order. */
  readonly partition: string;
}

/** On AWS, sequence numbers are longer than a number of JavaScript can be. */
const FIRST_SEQUENCE_NUMBER = 4_421_584_500_000_000_000_000n;

/**
 * The record that Lambda passes on; undefined for a write that changed nothing, of which AWS makes none.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
 */
export function streamRecord(
  { eventName, dynamodb }: EmulatorRecord,
  table: TableModel,
): StreamRecord | undefined {
  const { Keys, NewImage, OldImage, SequenceNumber, SizeBytes, ApproximateCreationDateTime } = dynamodb;
  const position = Number(SequenceNumber);
  const after = NewImage && withoutMark(NewImage);
  const before = OldImage && withoutMark(OldImage);
  if (after !== undefined && isDeepStrictEqual(after, before)) return undefined;
  const isExpiry = eventName === 'REMOVE' && OldImage?.[EXPIRED_MARK] !== undefined;
  const sequenceNumber = String(FIRST_SEQUENCE_NUMBER + BigInt(position));
  const event = {
    eventID: createHash('md5').update(`${table.tableName} ${SequenceNumber}`).digest('hex'),
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: REGION,
    ...(isExpiry && { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } }),
    dynamodb: {
      ApproximateCreationDateTime,
      Keys,
      ...imagesOf(table.streamViewType, { after, before }),
      SequenceNumber: sequenceNumber,
      SizeBytes,
      StreamViewType: table.streamViewType,
    },
    eventSourceARN: streamArn(table.tableName),
  };
  return {
    position,
    createdMs: ApproximateCreationDateTime * 1000,
    event,
    sequenceNumber,
    bytes: Buffer.byteLength(JSON.stringify(event)),
    partition: JSON.stringify(Keys[partitionKeyOf(table)]),
  };
}

interface Images {
  readonly after: Item | undefined;
  readonly before: Item | undefined;
}

function imagesOf(viewType: StreamViewType | undefined, { after, before }: Images) {
  const hasNew = viewType === 'NEW_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES';
  const hasOld = viewType === 'OLD_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES';
  return {
    ...(hasNew && after && { NewImage: after }),
    ...(hasOld && before && { OldImage: before }),
  };
}

function withoutMark({ [EXPIRED_MARK]: _, ...item }: Item): Item {
  return item;
}

function partitionKeyOf({ definition }: TableModel): string {
  const keys = definition['KeySchema'] as readonly unknown[];
  const hash = keys.map(recordOf).find(({ KeyType }) => KeyType === 'HASH');
  return String(hash?.['AttributeName']);
}
