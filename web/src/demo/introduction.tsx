import { useConnection, usePresence } from '@serverless-im/client/react';
import { useEffect } from 'react';
import { useIm } from '../session/client-context.ts';

/** Often, since nobody pays for a local stack, and the demo shows what happens when one of the two is cut off. */
const PRESENCE_MS = 1_000;

/**
 * Says hello on a first visit, since people see each other's presence only after they have talked, and tells the visitor
 * what to try. The id makes a repeat the same message.
 */
export function Introduction({ peer }: { readonly peer: string }) {
  const im = useIm();
  const { current } = useConnection(im);
  // A client's first use decides how often all presence is requested.
  usePresence(im, peer, { intervalMs: PRESENCE_MS });
  useEffect(() => {
    if (current !== 'connected') return;
    const conversation = im.direct(peer);
    const greet = async () => {
      const { messages, hasMore } = await conversation.history({ limit: 20 });
      if (hasMore || messages.some(({ mine }) => mine)) return;
      const text = `Hi ${peer}! Press “Cut the connection” above, write on both sides, connect again.`;
      conversation.send({ type: 'text', text }, { clientMsgId: 'introduction' });
    };
    // The next connection tries again.
    greet().catch(() => {});
  }, [im, peer, current]);
  return null;
}
