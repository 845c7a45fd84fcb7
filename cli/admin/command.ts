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
  data: { type: 'string', default: '.local' },
} as const;

/** @throws {UsageError} it is no number from 1 on */
export function seqOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new UsageError(`${option} takes a seq, from 1 on, not "${text}".`);
  return Number(text);
}
