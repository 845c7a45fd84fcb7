import type { Sent } from '../../../protocol/frames.ts';
import type { SentContent } from '../model/content.ts';
import { invalid } from '../model/errors.ts';
import { MAX_CONTENT_BYTES } from '../model/limits.ts';
import { byteLength } from '../outbox/outbox.ts';
import type { Off } from '../support/emitter.ts';
import { type Cancel, newId } from '../support/environment.ts';
import type { Conversation } from './conversation.ts';

/** The server passes on one frame in 200 ms, and the network bunches them (IM-LIVE-3). */
const INTERVAL_MS = 250;

/** Options of `liveText`. */
export interface LiveTextOptions {
  /**
   * `[A-Za-z0-9_-]{1,64}`: the `clientMsgId` of the message. A bot that derives it from the question answers once, however
   * often it restarts. Defaults to a fresh id.
   */
  readonly liveId?: string;
}

/** Writes a live text. Get one from `liveText`; end it with `done` or `cancel`. */
export interface LiveTextWriter {
  /** The `clientMsgId` of the message. */
  readonly liveId: string;
  /**
   * Shows this content, the *whole* text so far, to the other members. Call it as often as you like: it sends one frame in
   * 250 ms at most, the first at once and always the newest. Without a connection the newest waits. Their clients forget a
   * text after 15 s without a frame: write it again to keep it. Does nothing after `done` and `cancel`.
   *
   * @example
   * writer.write('Rain until noon');
   */
  write(content: string | SentContent): void;
  /**
   * Sends the text as a message, which replaces the live text. Idempotent.
   *
   * @param content the final content. Defaults to the last written one
   * @returns what `acked` of the message resolves to (see `Conversation.send`)
   * @throws what `acked` rejects with; an `ImError` `invalid_request` if nothing was written, or after `cancel`
   *
   * @example
   * const { seq } = await writer.done();
   */
  done(content?: string | SentContent): Promise<Sent>;
  /**
   * Cancels the live text: no message follows. Idempotent; does nothing after `done`.
   *
   * @example
   * writer.cancel();
   */
  cancel(): void;
}

/**
 * Begins a text that the others watch while it is written, such as an assistant's answer (IM-LIVE). Only the message of
 * `done` is stored, once; all frames before it may be lost. Conversations of up to 100 members.
 *
 * @example
 * const writer = liveText(conversation);
 * let text = '';
 * for await (const word of answer) writer.write((text += word));
 * await writer.done();
 */
export function liveText(conversation: Conversation, options: LiveTextOptions = {}): LiveTextWriter {
  const { ports, state } = conversation;
  const { liveId = newId(ports.environment) } = options;
  let newest: SentContent | undefined;
  /** The newest content, if it has not been sent. */
  let unsaid: SentContent | undefined;
  let index = 0;
  let isOver = false;
  let pause: Cancel | undefined;
  let onReconnect: Off | undefined;
  let sent: Promise<Sent> | undefined;

  function say(content: SentContent | null): boolean {
    const session = ports.sessions.current;
    if (session === null) return false;
    // By the clock: if a program was killed and writes the same text again, its frames must not look older.
    index = Math.max(index + 1, Math.floor(ports.clock.now()));
    // Ignores a refusal with this id: the message of `done` has its own.
    session.tell('live', { ...state.target, id: 'live', liveId, index, content });
    return true;
  }

  function flush(): void {
    if (unsaid === undefined || pause !== undefined) return;
    if (!say(unsaid)) {
      onReconnect ??= ports.events.on('connection', flush);
      return;
    }
    onReconnect?.();
    onReconnect = undefined;
    unsaid = undefined;
    pause = ports.environment.after(INTERVAL_MS, () => {
      pause = undefined;
      flush();
    });
  }

  function stop(): void {
    isOver = true;
    pause?.();
    onReconnect?.();
  }

  return {
    liveId,
    write(content) {
      if (isOver) return;
      newest = contentOf(content);
      unsaid = presentable(newest);
      flush();
    },
    done(content) {
      if (sent !== undefined) return sent;
      if (content !== undefined && !isOver) newest = contentOf(content);
      if (isOver || newest === undefined) sent = Promise.reject(invalid('done: there is no text'));
      else sent = conversation.send(newest, { clientMsgId: liveId }).acked;
      stop();
      return sent;
    },
    cancel() {
      if (!isOver && index > 0) say(null);
      stop();
    },
  };
}

function contentOf(content: string | SentContent): SentContent {
  return typeof content === 'string' ? { type: 'text', text: content } : content;
}

/** The part that the server would accept; `undefined` if it is blank or too large. A text may end within a character. */
function presentable(content: SentContent): SentContent | undefined {
  const shown =
    content.type === 'text' ? { ...content, text: content.text.replace(/[\uD800-\uDBFF]$/, '') } : content;
  const isBlank = shown.type === 'text' && shown.text.trim() === '';
  // The gateway closes the socket on a frame above 32 KB.
  return isBlank || byteLength(JSON.stringify(shown)) > MAX_CONTENT_BYTES ? undefined : shown;
}
