import { ENV } from './env-names.ts';

export type EnvName = keyof typeof ENV;

/** Variables with these name endings are whole numbers ≥ 0. */
const NUMBERS = /(?:Seconds|Ms|Bytes)$/;

/** @throws {Error} naming every variable that is missing or, if none is, every one that must be a number */
export function readEnv<Name extends EnvName>(names: readonly Name[]): Readonly<Record<Name, string>> {
  const missing = names.filter((name) => !hasEnv(name));
  if (missing.length > 0) throw new Error(`Missing environment variables: ${variables(missing)}`);
  const env = Object.fromEntries(names.map((name) => [name, process.env[ENV[name]]])) as Record<Name, string>;
  const invalid = names.filter((name) => NUMBERS.test(name) && !/^[0-9]+$/.test(env[name]));
  if (invalid.length > 0)
    throw new Error(`Environment variables must be whole numbers: ${variables(invalid)}`);
  return env;
}

function variables(names: readonly EnvName[]): string {
  return names.map((name) => ENV[name]).join(', ');
}

export function hasEnv(name: EnvName): boolean {
  return process.env[ENV[name]] !== undefined;
}

/** Splits a list separated by commas. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
