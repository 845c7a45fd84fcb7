import type { RecalledContent, SystemContent } from '../../../protocol/content.ts';

/** A text: at least one character that is not white space, any Unicode but lone surrogates (IM-SEND-8). */
export interface TextContent {
  readonly type: 'text';
  readonly text: string;
}

/** Anything of the app's own. */
export interface CustomContent {
  readonly type: 'custom';
  /** Any JSON. */
  readonly data: unknown;
  /** What lists, notifications, and clients that don't know this kind of data show instead. */
  readonly fallback?: string | undefined;
}

/** What can be sent: at most 16,384 bytes as JSON in UTF-8 (IM-FRAME-5). */
export type SentContent = TextContent | CustomContent;

/** What a message holds. Later versions may bring other types: pass over what isn't known. */
export type Content = SentContent | RecalledContent | SystemContent;
