export interface SeenMessage {
  readonly conversationId: string;
  readonly seq: number;
  readonly messageId: string;
  readonly clientMsgId: string;
  readonly from: string;
  readonly content: unknown;
  readonly sentAt: number;
  /** @default 0 */
  readonly rev?: number;
  readonly reactions?: readonly { readonly name: string; readonly count: number }[];
  readonly pinned?: unknown;
}

/** `unknown`: no answer, or one that leaves it open. */
export type Effect = 'done' | 'refused' | 'unknown';
