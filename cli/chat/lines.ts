import type { Attachment, ChatMessage, ConnectionChange, ImError } from '../../client/src/index.ts';
import { safeText } from './safe-text.ts';

/** The lines that the chat writes. */

const MARKS = { pending: '…', sent: '✓', read: '✓✓', failed: '✗' };

/**
 * `10:42 bob: hi`, with ` (edited)` if it was; own messages with their state, and the reason if they failed. The date is shown if it isn't `now`'s. An
 * answer starts with what it answers, `original`: `10:43 bob: ↩ “hi” hi alice`. `name`: what its sender is called.
 */
export function messageLine(
  message: ChatMessage,
  now: Date,
  original?: ChatMessage,
  name = message.from ?? '',
): string {
  const when = timeOf(new Date(message.sentAt), now);
  const said = `${quote(message, original)}${contentText(message.content)}${editedText(message)}`;
  if (!message.mine) return `${when} ${safeText(name)}: ${said}`;
  return `${when} you: ${said} ${MARKS[message.state]}${reasonText(message)}`;
}

/** Of what was recalled or erased since, there is nothing to say it of. */
function editedText({ editedAt, content }: ChatMessage): string {
  const isSaid = content.type === 'text' || content.type === 'custom' || content.type === 'file';
  return editedAt === undefined || !isSaid ? '' : ' (edited)';
}

function reasonText({ error, content }: ChatMessage): string {
  if (error === undefined) return '';
  // What is too large may be a file: the server says what, and how much is allowed.
  const isAFile = content.type === 'file' && error.code === 'payload_too_large';
  return ` (not sent: ${isAFile ? safeText(error.message) : errorText(error)})`;
}

const QUOTE_CHARS = 40;

/** What an answer answers; a message from before this screen's history without its text. */
function quote({ replyTo }: ChatMessage, original: ChatMessage | undefined): string {
  if (replyTo === undefined) return '';
  if (original === undefined) return '↩ ';
  const text = [...contentText(original.content)];
  const start = text.slice(0, QUOTE_CHARS).join('');
  return `↩ “${start}${text.length > QUOTE_CHARS ? '…' : ''}” `;
}

export function contentText(content: ChatMessage['content']): string {
  switch (content.type) {
    case 'text':
      return safeText(content.text);
    case 'custom':
      return safeText(content.fallback ?? '[custom content]');
    case 'file':
      return [...content.attachments.map(fileText), safeText(content.text ?? '')].join(' ').trim();
    case 'recalled':
      return '[recalled]';
    case 'erased':
      return '[deleted]';
    default:
      // From a later version of the protocol.
      return '[unknown content]';
  }
}

function fileText({ name, size, removed }: Attachment): string {
  return removed ? `📎 ${safeText(name)} [removed]` : `📎 ${safeText(name)} (${sizeText(size)})`;
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** As the page says it: a kilobyte has 1,000 bytes. */
export function sizeText(bytes: number): string {
  const power = Math.min(Math.floor((String(bytes).length - 1) / 3), UNITS.length - 1);
  const amount = bytes / 1000 ** power;
  const style = { style: 'unit', unit: UNITS[power], unitDisplay: power === 0 ? 'long' : 'short' } as const;
  return amount.toLocaleString('en', { ...style, maximumFractionDigits: amount < 100 ? 1 : 0 });
}

/** The state of the connection; undefined if it needs no line. */
export function connectionLine({ current, error }: ConnectionChange, retryInMs?: number): string | undefined {
  switch (current) {
    case 'connecting':
      return '○ connecting…';
    case 'syncing':
      return error === undefined
        ? '○ catching up…'
        : `○ catching up failed: ${errorText(error)}${inSeconds(retryInMs)}`;
    case 'connected':
      return '● connected';
    case 'reconnecting':
      if (retryInMs === undefined) return '○ reconnecting…';
      return `○ disconnected: ${error === undefined ? '' : errorText(error)}${inSeconds(retryInMs)}`;
    default:
      return undefined;
  }
}

/** Explains an error to the user. */
export function errorText(error: ImError): string {
  switch (error.code) {
    case 'replaced':
      return 'this device has connected elsewhere';
    case 'unauthorized':
      return 'the token was refused';
    case 'network':
      return 'could not reach the server';
    case 'payload_too_large':
      return 'the message is too long';
    default:
      return safeText(error.message.replace(/^send(File)?: /, ''));
  }
}

function inSeconds(ms: number | undefined): string {
  return ms === undefined ? '' : `; next try in ${Math.ceil(ms / 1_000)} s`;
}

function timeOf(when: Date, now: Date): string {
  const pad = (part: number): string => String(part).padStart(2, '0');
  const time = `${pad(when.getHours())}:${pad(when.getMinutes())}`;
  if (when.toDateString() === now.toDateString()) return time;
  return `${when.getFullYear()}-${pad(when.getMonth() + 1)}-${pad(when.getDate())} ${time}`;
}
