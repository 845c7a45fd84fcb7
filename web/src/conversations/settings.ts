import type { ConversationSettings } from '@serverless-im/client';

/** Whether no message of the conversation should be noticed at this time, by the server's clock. */
export function isMuted({ muted }: ConversationSettings, nowMs: number): boolean {
  return typeof muted === 'number' ? nowMs < muted : muted === true;
}
