/*
 * The history of a conversation is stored in volumes of 150,000 messages, since DynamoDB keeps at most 10 GB under one
 * partition key of a table with local indexes
 * (docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ItemCollections.SizeLimit). The longest message
 * takes less than 64 KB there with its copy in the index, so no volume is ever full (ADR 38).
 *
 * The volume of a message follows from its seq. Only a repeat of a send, which knows its key but not its seq, must search
 * several volumes: those of the last 24 hours.
 */

const MESSAGES_PER_VOLUME = 150_000;

/** Only tests set the variable: with another value, a deployment could not find the messages it has stored. */
function messagesPerVolume(): number {
  return Number(process.env['MESSAGES_PER_VOLUME'] ?? MESSAGES_PER_VOLUME);
}

export function volumeOf(seq: number): number {
  return Math.floor(seq / messagesPerVolume());
}

export function lastSeqOf(volume: number): number {
  return (volume + 1) * messagesPerVolume() - 1;
}

/** The beginning of a volume, which is the end of the one before. */
export interface VolumeStart {
  readonly volume: number;
  readonly atMs: number;
}

/** How long a repeat finds its original in a former volume (IM-SEND-2); 1 min more, since clocks differ. */
const REPEAT_MS = 24 * 3_600_000 + 60_000;

/** A repeat searches this many volumes at most: 1.5 million messages, or 24 hours of 17 messages a second. */
export const MAX_STARTS = 10;

/** The starts to remember: a repeat may be in a volume that ended after one of them. The latest first. */
export function recentStarts(starts: readonly VolumeStart[], nowMs: number): readonly VolumeStart[] {
  return starts.filter(({ atMs }) => nowMs - atMs < REPEAT_MS).slice(0, MAX_STARTS);
}
