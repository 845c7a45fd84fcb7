import type { OpenOptions } from '@serverless-im/client/desk';
import { useEffect, useState } from 'react';
import { mayHandToken } from './host-token.ts';

/**
 * The embedding page's button (`widget.js`) and this chat tell each other what only one of them knows: whether the chat is
 * shown, which chat is open, and how many of its messages are unread.
 */

const TYPE = 'serverless-im.widget';

interface Shown {
  readonly type: typeof TYPE;
  readonly isShown: boolean;
}

export interface OpenChat {
  /** The id of the chat, or null if none is open. */
  readonly chat: string | null;
  /** Messages that the customer hasn't read. */
  readonly unread: number;
}

/** What the embedding page asked for (`widget.js`). */
export function launchOption(name: string): string | undefined {
  return new URLSearchParams(location.search).get(name) ?? undefined;
}

/** The queue that the embedding page chose; the first one of the deployment without it. */
export function queueOption(): OpenOptions {
  const queue = launchOption('queue');
  return queue === undefined ? {} : { queue };
}

/**
 * @param open undefined until it is known
 * @returns whether the chat is shown: always, without that button
 */
export function useLauncher(widgetOrigins: readonly string[], open: OpenChat | undefined): boolean {
  const hasButton = window.parent !== window && launchOption('button') !== undefined;
  const [isShown, setIsShown] = useState(!hasButton);
  const [host, setHost] = useState<string>();
  useEffect(() => {
    if (!hasButton) return;
    const onMessage = ({ source, origin, data }: MessageEvent<Partial<Shown> | null>) => {
      if (source !== window.parent || data?.type !== TYPE || !mayHandToken(origin, widgetOrigins)) return;
      setHost(origin);
      setIsShown(data.isShown === true);
    };
    window.addEventListener('message', onMessage);
    // The question holds nothing, so any origin may read it.
    window.parent.postMessage({ type: TYPE }, '*');
    return () => window.removeEventListener('message', onMessage);
  }, [hasButton, widgetOrigins]);
  const chat = open?.chat;
  const unread = open?.unread ?? 0;
  useEffect(() => {
    if (host !== undefined && chat !== undefined)
      window.parent.postMessage({ type: TYPE, chat, unread }, host);
  }, [host, chat, unread]);
  return isShown;
}
