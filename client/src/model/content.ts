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

/** The content of a message. Later versions may add types: ignore unknown ones. */
export type Content = SentContent | FileContent | RecalledContent | ErasedContent | SystemContent;
