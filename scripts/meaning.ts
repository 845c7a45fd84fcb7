import { MESSAGES } from '../protocol/protobuf-fields.ts';
import { MEANINGS } from './field-meanings.ts';

/** The message of `im.proto` for an action: `desk.open` → `DeskOpen`. */
export function messageNamed(action: string): string {
  const [, , name = action] = MESSAGES['ClientFrame']?.find(([one]) => one === action) ?? [];
  return name;
}

/**
 * What a field of a request means.
 * @param names of all fields of the request
 * @throws {Error} if there are no words for it
 */
export function requestMeaning(message: string, name: string, names: readonly string[]): string {
  if (message === 'Presence' && name === 'conversationId') return meaningOf(`PresenceRequest.${name}`);
  const hasTarget = names.includes('to') && message !== 'DeskTransfer';
  if (hasTarget && name === 'conversationId') return meaningOf(`target.${name}`);
  return meaningOf(`${message}.${name}`, `${message.toLowerCase()}.${name}`, name);
}

/** The words of the first of these keys that has some. @throws {Error} if none has */
export function meaningOf(...keys: readonly string[]): string {
  const found = keys.find((key) => MEANINGS[key] !== undefined);
  if (found === undefined) throw new Error(`scripts/field-meanings.ts has no words for ${keys[0]}`);
  return MEANINGS[found] ?? '';
}

/** What a field of a frame of the server, or of a part of one, means. @throws {Error} if there are no words for it */
export function answerMeaning(message: string, name: string): string {
  const page = message === 'InboxPage' || message === 'InboxFrame';
  const group = message === 'DeskChat' ? 'chat' : page ? 'page' : '';
  return meaningOf(`${message}.${name}`, `${group}.${name}`, name);
}
