import type {
  ErasedContent,
  FileContent,
  RecalledContent,
  SystemContent,
} from '../../../protocol/content.ts';

/** A text. */
export interface TextContent {
  readonly type: 'text';
  /** At least one character that is not white space; any Unicode except lone surrogates (IM-SEND-8). */
  readonly text: string;
}

/**
 * Content that the app defines.
 *
 * @example
 * conversation.send({ type: 'custom', data: { kind: 'poll', id: 7 }, fallback: 'A poll' });
 */
export interface CustomContent {
  readonly type: 'custom';
  /** Any JSON value. */
  readonly data: unknown;
  /** The text that lists, notifications, and clients that don't know this data show instead. */
  readonly fallback?: string | undefined;
}

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
