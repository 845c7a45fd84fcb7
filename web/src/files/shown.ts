import type { ChatMessage } from '@serverless-im/client';
import { isPicture } from './kinds.ts';

/** A picture of a conversation. */
export interface Shown {
  readonly message: ChatMessage;
  readonly index: number;
}

/** All pictures of these messages, in their order. */
export function picturesOf(messages: readonly ChatMessage[]): readonly Shown[] {
  return messages.flatMap((message) => {
    const { content } = message;
    // A malformed list has none: its row says so.
    if (content.type !== 'file' || !Array.isArray(content.attachments)) return [];
    return content.attachments.flatMap((attachment, index) =>
      isPicture(attachment) ? [{ message, index }] : [],
    );
  });
}
