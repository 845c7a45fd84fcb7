import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';
import { didYouMean } from './wording.ts';

/** @throws {UsageError} an option that there is not or that lacks its value, or operands that are not exactly these */
export function parseCommand<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  operands: readonly string[] = [],
) {
  const parsed = parseOptions(args, options);
  const [first] = parsed.positionals;
  if (operands.length === 0 && first !== undefined)
    throw new UsageError(`It takes no operand, such as "${first}".`);
  if (parsed.positionals.length !== operands.length || parsed.positionals.includes(''))
    throw new UsageError(`It takes ${operands.join(' ')}.`);
  return parsed;
}

/** @throws {UsageError} an option that there is not, or that lacks its value */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  const joined = withNumbers(args, options);
  check(joined, options);
  return parseArgs({ args: joined, options, allowPositionals: true });
}

/** `parseArgs` would take the number in `--users -5` for an option. */
function withNumbers(args: readonly string[], options: ParseArgsOptionsConfig): string[] {
  const takesNumber = (arg = '', next = '') =>
    options[arg.slice(2)]?.type === 'string' && arg.startsWith('--') && /^-\.?\d/.test(next);
  const parts = args.map((arg, index) => {
    if (takesNumber(arg, args[index + 1])) return `${arg}=${args[index + 1]}`;
    return takesNumber(args[index - 1], arg) ? [] : arg;
  });
  return parts.flat();
}

/** The same that `parseArgs` is strict about, in words of ours. */
function check(args: readonly string[], options: ParseArgsOptionsConfig): void {
  const { tokens } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) {
      const near = didYouMean(
        rawName,
        Object.keys(options).map((known) => `--${known}`),
      );
      throw new UsageError(`There is no option ${rawName}${near || '.'}`);
    }
    const isMissing = value === undefined || (!inlineValue && value.length > 1 && value.startsWith('-'));
    if (option.type === 'string' && isMissing) throw new UsageError(`${rawName} takes a value.`);
    if (option.type === 'boolean' && value !== undefined) throw new UsageError(`${rawName} takes no value.`);
  }
}
