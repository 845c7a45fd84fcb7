import type { ChatMessage, Content, FileContent, SystemContent, TextContent } from '@serverless-im/client';
import { filesInWords } from '../files/words.ts';
import { durationOf } from '../groups/slow-mode.ts';
import type { NameOf } from '../ui/names.ts';
import { t } from '../ui/texts.ts';

/** A message in one line, for lists and screen readers. */
export function previewOf(message: ChatMessage, isGroup: boolean, nameOf?: NameOf): string {
  const text = textOf(message, nameOf);
  const { from = '' } = message;
  return isGroup && isSaid(message.content) && !message.mine ? `${nameOf?.(from) ?? from}: ${text}` : text;
}

/**
 * The text of a message of any type. Never throws: one malformed message must not take down the list that shows it.
 * @param nameOf how users are called; by their ids without it
 */
export function textOf(message: ChatMessage, nameOf: NameOf = (userId) => userId): string {
  try {
    return wordsOf(message, nameOf);
  } catch {
    return unshown();
  }
}

/** The start of the text. */
export function excerptOf(message: ChatMessage, most: number): string {
  const characters = [...textOf(message)];
  const start = characters.slice(0, most).join('');
  return characters.length > most ? `${start}…` : start;
}

function wordsOf({ content, from, mine }: ChatMessage, nameOf: NameOf): string {
  switch (content.type) {
    case 'text':
      return content.text;
    case 'custom':
      return content.fallback ?? unshown();
    case 'file':
      return filesInWords(content);
    case 'recalled':
      // The operator and a group's admins take back others' messages.
      return t(mine && content.by === from ? 'You took this message back' : 'This message was taken back');
    case 'erased':
      return t('This message was deleted');
    case 'system':
      return systemText(content, mine, nameOf);
    default:
      return unknown(content);
  }
}

/** Stands for a message whose content this page doesn't know, as later versions of the protocol may bring it. */
export function unshown(): string {
  return t("This page can't show this message");
}

function unknown(_content: never): string {
  return unshown();
}

/** Who acts for the operator is no user. */
const OPERATOR = 'system';

function systemText(content: SystemContent, mine: boolean, nameOf: NameOf): string {
  const { event, by, name } = content;
  const who = mine ? t('You') : by === OPERATOR ? 'An administrator' : nameOf(by);
  const whoLets = mine ? 'You let' : `${who} lets`;
  const users = (content.users ?? []).map(nameOf);
  const others = (content.users ?? []).filter((user) => user !== by).map(nameOf);
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
    case 'pins':
      return name === 'members'
        ? `${whoLets} all members pin messages`
        : `${whoLets} only admins pin messages`;
    case 'posting':
      return name === 'admins' ? `${whoLets} only admins write` : `${whoLets} all members write`;
    case 'slowMode':
      return name === '0'
        ? `${who} ended slow mode`
        : `${whoLets} members write one message in ${durationOf(Number(name))}`;
    case 'opened':
      if (name === undefined) return t(mine ? 'You asked for help' : '{who} asked for help', { who });
      return t(mine ? 'You asked for help: {topic}' : '{who} asked for help: {topic}', { who, topic: name });
    case 'assigned':
    case 'transferred':
      return t('{who} is here to help', { who: list(users) });
    case 'requeued':
      return t('Waiting for an agent');
    case 'closed':
      return t(mine ? 'You ended this chat' : '{who} ended this chat', { who });
    default:
      return unknown(event);
  }
}

const conjunction = new Intl.ListFormat('en', { type: 'conjunction' });

function list(users: readonly string[]): string {
  return users.length > 5 ? `${users.length} people` : conjunction.format(users);
}

/** Content whose sender can edit its text. */
export function hasText(content: Content): content is TextContent | FileContent {
  return content.type === 'text' || content.type === 'file';
}

export function isSaid(content: Content): boolean {
  return content.type === 'text' || content.type === 'custom' || content.type === 'file';
}
