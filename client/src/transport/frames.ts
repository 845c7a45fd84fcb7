import type { ServerFrame } from '../../../protocol/actions.ts';
import type { ChangedPush, ReadPush, TypingPush } from '../../../protocol/frames.ts';

/** Pushes of a conversation other than messages. */
export type ConversationPush = ReadPush | ChangedPush | TypingPush;

/**
 * Parses a frame. Returns undefined for anything but an object with a type: the gateway's own frames have no type
 * (IM-FRAME-6). Later versions of the protocol may send other types (IM-FRAME-1).
 */
export function parseFrame(data: unknown): ServerFrame | undefined {
  try {
    const frame: ServerFrame = JSON.parse(String(data));
    return typeof frame.type === 'string' ? frame : undefined;
  } catch {
    return undefined;
  }
}
