import { type Conversation, type EditedContent, editMessage, ImError } from '@serverless-im/client';
import { hasText } from './wording.ts';

export interface Reading {
  readonly seq: number;
  /** What the user has read, and edits. */
  readonly text: string;
  readonly rev: number;
}

/**
 * Saves an edit unless the text is no longer the one that the user has read. Reactions and pins raise a message's `rev`,
 * too, and in large groups no push says so: then the message is asked for, and the edit is tried once more.
 * @throws what `editMessage` throws; a `conflict` means that another device has edited the message
 */
export async function saveEdit(
  conversation: Conversation,
  { seq, text, rev }: Reading,
  content: EditedContent,
  options: { readonly mentions?: readonly string[] | 'all' },
): Promise<void> {
  try {
    await editMessage(conversation, seq, content, { ...options, ifRev: rev });
  } catch (error) {
    if (!(error instanceof ImError) || error.code !== 'conflict') throw error;
    const { messages } = await conversation.history({ after: seq - 1, limit: 1 });
    const now = messages.find((message) => message.seq === seq);
    if (now === undefined || !hasText(now.content) || (now.content.text ?? '') !== text) throw error;
    await editMessage(conversation, seq, content, { ...options, ifRev: now.rev });
  }
}
