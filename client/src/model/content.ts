import type { RecalledContent, SystemContent } from '../../../protocol/content.ts';

/** A text: at least one character that is not white space, any Unicode except lone surrogates (IM-SEND-8). */
export interface TextContent {
  readonly type: 'text';
  readonly text: string;
}

/** Content of the app's own making. */
export interface CustomContent {
  readonly type: 'custom';
  /** Any JSON. */
  readonly data: unknown;
  /** What lists, notifications, and clients that don't know this kind of data show instead. */
  readonly fallback?: string | undefined;
}

/** What can be sent: at most 16,384 bytes as JSON in UTF-8 (IM-FRAME-5). */
export type SentContent = TextContent | CustomContent;

/** What a message holds. Later versions may add types: ignore unknown ones. */
export type Content = SentContent | RecalledContent | SystemContent;
