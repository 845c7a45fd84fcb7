import type { OpenOptions } from '@serverless-im/client/desk';
import { useEffect, useState } from 'react';
import { setLanguage } from '../ui/times.ts';
import { mayHandToken } from './host-token.ts';

/**
 * The embedding page's button (`widget.js`) and this chat exchange the state that only one of them knows: whether the chat is
 * shown, which chat is open, and how many of its messages are unread.
 */

const TYPE = 'serverless-im.widget';
/** A page without `widget.js` doesn't answer. */
const TIMEOUT_MS = 3_000;

interface Answer {
  readonly type: typeof TYPE;
  readonly isShown: boolean;
}

export interface Host {
  /** Where to report to; undefined without the button. */
  readonly origin?: string;
  readonly isShown: boolean;
}

export interface OpenChat {
  /** The id of the chat, or null if none is open. */
  readonly chat: string | null;
  /** Messages that the customer hasn't read. */
  readonly unread: number;
}

/** The options of the embedding page (`widget.js`). */
export function launchOption(name: string): string | undefined {
  return new URLSearchParams(location.search).get(name) ?? undefined;
}

/** The queue that the embedding page chose; the first one of the deployment without it. */
export function queueOption(): OpenOptions {
  const queue = launchOption('queue');
  return queue === undefined ? {} : { queue };
}

/** The embedding page's theme and language, before anything is shown. */
export function dress(): void {
  const theme = launchOption('theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;
  const language = launchOption('language');
  if (language !== undefined && setLanguage(language)) document.documentElement.lang = language;
}

/** Undefined until the embedding page has answered. Without its button, the chat is always shown. */
export function useHost(widgetOrigins: readonly string[]): Host | undefined {
  const hasButton = window.parent !== window && launchOption('button') !== undefined;
  const [host, setHost] = useState<Host | undefined>(hasButton ? undefined : { isShown: true });
  useEffect(() => {
    if (!hasButton) return;
    const alone = () => setHost((known) => known ?? { isShown: true });
    const timer = setTimeout(alone, TIMEOUT_MS);
    const onMessage = ({ source, origin, data }: MessageEvent<Partial<Answer> | null>) => {
      if (source !== window.parent || data?.type !== TYPE) return;
      if (!mayHandToken(origin, widgetOrigins)) return alone();
      setHost({ origin, isShown: data.isShown === true });
    };
    window.addEventListener('message', onMessage);
    // The question holds nothing, so any origin may read it.
    window.parent.postMessage({ type: TYPE }, '*');
    return () => {
      clearTimeout(timer);
      window.removeEventListener('message', onMessage);
    };
  }, [hasButton, widgetOrigins]);
  return host;
}

/** @param open undefined until it is known */
export function useReport({ origin }: Host, open: OpenChat | undefined): void {
  const chat = open?.chat;
  const unread = open?.unread ?? 0;
  useEffect(() => {
    if (origin !== undefined && chat !== undefined)
      window.parent.postMessage({ type: TYPE, chat, unread }, origin);
  }, [origin, chat, unread]);
}
