import type { StreamSource } from './function-spec.ts';

const EXISTS = [{ exists: true }];
const HAS_SEQ = { seq: { N: EXISTS } };

/**
 * The records of messages that have expired. A row without a seq is no message: claims, reactions, and other rows expire, too.
 * docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
 */
export const ARCHIVE_SOURCES = [
  {
    table: 'messages',
    filters: [
      {
        eventName: ['REMOVE'],
        userIdentity: { type: ['Service'], principalId: ['dynamodb.amazonaws.com'] },
        dynamodb: { OldImage: HAS_SEQ },
      },
      // A put over a message that has expired, and that DynamoDB has not deleted yet: its sender used the clientMsgId again. A
      // change of a message counts `rev`, so what has none is new. A deletion has no new image at all: so this filter lets it
      // through, too, should a mapping know no key but `dynamodb`, as one of AWS's pages says and others contradict. The
      // function looks who deleted it.
      { dynamodb: { OldImage: HAS_SEQ, NewImage: { rev: { N: [{ exists: false }] } } } },
    ],
  },
] as const satisfies readonly StreamSource[];
