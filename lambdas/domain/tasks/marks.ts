import type { Clock } from '../../shared/clock.ts';
import type { ConversationWriter } from '../model/conversation.ts';
import type { MessagePlace } from '../model/message.ts';

/** A mark must be less than 10 s older than what it announces (`LIMITS.changeMarginMs`), and three attempts of a write take 6 s. */
const MARK_MS = 2_000;

export interface MarkPorts {
  readonly conversationWriter: Pick<ConversationWriter, 'markChanged'>;
  readonly clock: Clock;
}

/**
 * Marks a conversation as changed, before messages of one volume change: again only once the last mark is 2 s old. A client that
 * sees the mark too early asks again from 15 s before that (IM-CHANGE-2), and finds the change then, whatever dies here.
 */
export function marksOf({ conversationWriter, clock }: MarkPorts): (place: MessagePlace) => Promise<unknown> {
  let lastMs = Number.NEGATIVE_INFINITY;
  let mark: Promise<unknown> = Promise.resolve();
  return (place) => {
    const nowMs = clock();
    if (nowMs - lastMs >= MARK_MS) {
      lastMs = nowMs;
      mark = conversationWriter.markChanged(place, nowMs);
    }
    return mark;
  };
}
