import { ENV } from './env-names.ts';

type Name = keyof typeof ENV;

/**
 * The named variables, read once at cold start. All that are missing are reported together, so that an operator
 * fixes them in one go. `connectionsEndpoint` is read by the SDK itself; it is named here to fail early.
 */
export function readEnv<const Names extends readonly Name[]>(...names: Names): Record<Names[number], string> {
  const missing = names.filter((name) => process.env[ENV[name]] === undefined);
  if (missing.length > 0)
    throw new Error(`Missing environment variables: ${missing.map((name) => ENV[name]).join(', ')}`);
  return Object.fromEntries(names.map((name) => [name, process.env[ENV[name]]])) as Record<
    Names[number],
    string
  >;
}

/** A variable that may be missing: what it stands for is left out of this deployment. */
export function readOptionalEnv(name: Name): string | undefined {
  return process.env[ENV[name]];
}

/** A whole number ≥ 0. */
export function wholeNumber(name: string, text: string): number {
  if (!/^[0-9]+$/.test(text)) throw new Error(`${name} must be a whole number, not "${text}"`);
  return Number(text);
}

export function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
