import { existsSync, readFileSync } from 'node:fs';
import { isRecord, recordOf } from '../../local/json.ts';
import { OperatorError } from '../../local/operator-error.ts';
import { UsageError } from '../usage-error.ts';

/** The options of a deployment by their context keys. */
export type Context = Readonly<Record<string, unknown>>;

/**
 * Those of `cdk.json` in this folder, if there is one, and those of the command line, which win, as for the CDK.
 * @throws {UsageError} an option without a value
 * @throws {OperatorError} `cdk.json` can't be read
 */
export function contextOf(lines: readonly string[]): Context {
  const given = lines.map((line) => {
    const [key = '', ...value] = line.split('=');
    if (key === '' || value.length === 0) throw new UsageError(`-c takes KEY=VALUE, not "${line}".`);
    return [key, value.join('=')] as const;
  });
  return { ...contextInFile('cdk.json'), ...Object.fromEntries(given) };
}

function contextInFile(file: string): Context {
  if (!existsSync(file)) return {};
  try {
    const { context } = recordOf(JSON.parse(readFileSync(file, 'utf8')));
    return isRecord(context) ? context : {};
  } catch (error) {
    throw new OperatorError(`${file} is no JSON; mend it, or call this in another folder.`, { cause: error });
  }
}

/** A text, if it is given and not empty. */
export function textIn(context: Context, key: string): string | undefined {
  const value = context[key];
  return value === undefined || value === null || value === '' ? undefined : String(value);
}

/** A number, if one is given. */
export function numberIn(context: Context, key: string): number | undefined {
  const text = textIn(context, key);
  return text === undefined || !Number.isFinite(Number(text)) ? undefined : Number(text);
}
