import type { Message } from '../../../protocol/frames.ts';

export const SERVER_TIME = 1_800_000_000_000;

/** A message of bob to alice, stored at the server's present. */
export function message(seq: number, parts: Partial<Message> = {}): Message {
  return {
    conversationId: 'dm:alice:bob',
    seq,
    messageId: `M${seq}`,
    clientMsgId: `c${seq}`,
    from: 'bob',
    content: { type: 'text', text: `message ${seq}` },
    sentAt: SERVER_TIME,
    ...parts,
  };
}

export function seqs(messages: readonly { readonly seq?: number | undefined }[]): (number | undefined)[] {
  return messages.map(({ seq }) => seq);
}
