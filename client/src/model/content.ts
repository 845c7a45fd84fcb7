import type {
  CustomContent,
  ErasedContent,
  FileContent,
  RecalledContent,
  SystemContent,
  TextContent,
} from '../../../protocol/content.ts';

export type { CustomContent, TextContent } from '../../../protocol/content.ts';

/** Content that can be sent: at most 16,384 bytes as JSON in UTF-8 (IM-FRAME-5). */
export type SentContent = TextContent | CustomContent;

/**
 * The content of an edit. A message with files keeps them: name the same ones in the same order, and change the text (IM-FILE-5).
 *
 * @example
 * if (message.content.type === 'file') await editMessage(conversation, seq, { ...message.content, text: 'Our cat' });
 */
export type EditedContent = SentContent | FileEdit;

/** The new text of a message with files. */
export interface FileEdit {
  readonly type: 'file';
  /** The attachments of the message as it is. */
  readonly attachments: readonly { readonly attachmentId: string }[];
  /** Undefined: without a text. */
  readonly text?: string | undefined;
}

/** The content of a message. Later versions may add types: ignore unknown ones. */
export type Content = SentContent | FileContent | RecalledContent | ErasedContent | SystemContent;
