import { directConversationId, parseConversationId } from '../../protocol/ids.ts';
import { UsageError } from '../usage-error.ts';

export interface AdminCommand {
  /** Lines of the help. */
  readonly usage: string;
  /** @throws {OperatorError} a mistake of the operator's, or the stack refuses */
  readonly run: (args: readonly string[]) => Promise<void>;
}

/** The options of every command. */
export const COMMON = {
  json: { type: 'boolean', default: false },
  data: { type: 'string' },
} as const;

/** Where ids come from, for the help of commands that take one. */
export const IDS = `  CONVERSATION   an id: dm:alice:bob of two users, in either order; g:… of a group; cs:… of a support chat
  GROUP          a group's id, g:…, not its name: group create prints it
                 An export of a user names the user's conversations, and so does GET /conversations with the user's token.`;

/** A conversation's id as an operator types it: the users of a direct one may stand in either order. @throws {UsageError} it is none */
export function conversationOf(text: string | undefined): string {
  const parsed = parseConversationId(text ?? '');
  if (parsed === undefined)
    throw new UsageError(
      `"${text}" is no id of a conversation: it is like dm:alice:bob, g:… of a group, or cs:… of a support chat.`,
    );
  return parsed.kind === 'direct' ? directConversationId(...parsed.users) : parsed.id;
}

/** A group's id. @throws {UsageError} it is none, but perhaps the group's name */
export function groupOf(text: string | undefined): string {
  const parsed = parseConversationId(text ?? '');
  if (parsed?.kind !== 'group')
    throw new UsageError(
      `"${text}" is no id of a group: it is like g:01KB…, as group create prints it; an export of a member names it, too.`,
    );
  return parsed.id;
}

/** @throws {UsageError} it is no number from 1 on */
export function seqOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new UsageError(`${option} takes a seq, from 1 on, not "${text}".`);
  return Number(text);
}
