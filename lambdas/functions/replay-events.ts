import { type ReplayAnswer, replaySchema } from '../../protocol/service.ts';
import * as of from '../composition.ts';
import { replay } from '../domain/events/replay.ts';
import { lazily } from '../shared/lazily.ts';
import { parseWith } from '../shared/parse.ts';
import { answerService } from '../transport/service-answer.ts';

const ports = lazily({
  conversations: of.conversations,
  messages: of.messages,
  publisher: of.eventTopic,
  clock: of.clock,
  pause: of.pause,
});

/**
 * Publishes the events of a conversation again, for an operator (docs/operations.md, Events).
 * @throws {Error} whose message begins with the error code; after `unavailable` or `internal`, invoke it again
 */
export const handler = (event: unknown): Promise<ReplayAnswer> =>
  answerService('replay', () => replay(ports, parseWith(replaySchema, event)));
