import type { ChangedPush, ReadPush, TypingPush } from '../../../protocol/frames.ts';

/** Pushes of a conversation other than messages. */
export type ConversationPush = ReadPush | ChangedPush | TypingPush;
