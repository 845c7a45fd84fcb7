import type { ChatMessage, Content, SystemContent } from '@serverless-im/client';

/** A message in one line, for lists and screen readers. */
export function previewOf(message: ChatMessage, isGroup: boolean): string {
  const text = textOf(message);
  return isGroup && isSaid(message.content) && !message.mine ? `${message.from}: ${text}` : text;
}

/** The text of a message of any type. */
export function textOf({ content, mine }: ChatMessage): string {
  switch (content.type) {
    case 'text':
      return content.text;
    case 'custom':
      return content.fallback ?? UNKNOWN;
    case 'recalled':
      return mine ? 'You took this message back' : 'This message was taken back';
    case 'system':
      return systemText(content, mine);
    default:
      return unknown(content);
  }
}

const UNKNOWN = "This page can't show this message";

/** Later versions of the protocol may add types. */
function unknown(_content: never): string {
  return UNKNOWN;
}

function systemText({ event, by, users = [], name }: SystemContent, mine: boolean): string {
  const who = mine ? 'You' : by;
  const others = users.filter((user) => user !== by);
  switch (event) {
    case 'created':
      return others.length === 0
        ? `${who} created this group`
        : `${who} created this group with ${list(others)}`;
    case 'joined':
      return others.length === 0 ? `${who} joined` : `${who} added ${list(others)}`;
    case 'left':
      return mine ? 'You left' : `${list(users)} left`;
    case 'removed':
      return `${who} removed ${list(users)}`;
    case 'renamed':
      return name === undefined ? `${who} renamed the group` : `${who} named the group “${name}”`;
    case 'admins':
      return `${list(users)} ${users.length === 1 ? 'is now an admin' : 'are now admins'}`;
    case 'opened':
      return name === undefined ? `${who} asked for help` : `${who} asked for help: ${name}`;
    case 'assigned':
    case 'transferred':
      return `${list(users)} is here to help`;
    case 'requeued':
      return 'Waiting for an agent';
    case 'closed':
      return `${who} ended this chat`;
    default:
      return unknown(event);
  }
}

const conjunction = new Intl.ListFormat('en', { type: 'conjunction' });

function list(users: readonly string[]): string {
  return users.length > 5 ? `${users.length} people` : conjunction.format(users);
}

export function isSaid(content: Content): boolean {
  return content.type === 'text' || content.type === 'custom';
}
