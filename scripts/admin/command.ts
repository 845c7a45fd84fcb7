import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { messageOf, OperatorError } from '../../local/operator-error.ts';

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

/** @throws {OperatorError} an unknown option, or not exactly these operands */
export function parseCommand<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  operands: readonly string[],
) {
  const parsed = parseOptions(args, options);
  if (parsed.positionals.length !== operands.length || parsed.positionals.includes(''))
    throw new OperatorError(`It takes ${operands.join(' ') || 'no operand'} (--help lists the options).`);
  return parsed;
}

/** @throws {OperatorError} an unknown option */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const [firstLine] = messageOf(error).split('\n');
    throw new OperatorError(`${firstLine} (--help lists the options)`, { cause: error });
  }
}

/** @throws {OperatorError} it is no number from 1 on */
export function seqOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new OperatorError(`${option} takes a seq, from 1 on, not "${text}".`);
  return Number(text);
}
