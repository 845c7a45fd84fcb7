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
  const { positionals } = parsed;
  if (positionals.length === operands.length && !positionals.includes('')) return parsed;
  refuseNpmsOptions(options, positionals);
  if (operands.length === 0)
    throw new UsageError(`"${positionals[0]}" is one word too many: this command takes only options.`);
  throw new UsageError(`It takes ${operands.join(' ')}.`);
}

/**
 * Without `--`, npm takes options for its own, and hands on the words behind them.
 * @throws {UsageError} npm, which says so in the environment, has taken options of this command
 */
export function refuseNpmsOptions(options: ParseArgsOptionsConfig, positionals: readonly string[]): void {
  const script = process.env['npm_lifecycle_event'];
  const taken = Object.entries(options).flatMap(([name, { type }]) => {
    const value = process.env[`npm_config_${name.replaceAll('-', '_')}`];
    return value ? [{ name: `--${name}`, value: type === 'string' ? value : '' }] : [];
  });
  if (script === undefined || script === 'npx' || taken.length === 0) return;
  // Which word belongs to which option is plain only if there is one of each.
  const word = taken.length === 1 && positionals.length === 1 ? positionals[0] : '…';
  const parts = taken.map(({ name, value }) => `${name} ${value === 'true' ? word : value}`.trimEnd());
  const call = script === 'start' ? 'npm start' : `npm run ${script}`;
  throw new UsageError(
    `npm took ${taken.map(({ name }) => name).join(' and ')} for itself; write \`${call} -- ${parts.join(' ')}\`.`,
  );
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
