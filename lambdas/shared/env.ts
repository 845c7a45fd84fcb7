import { ENV } from './env-names.ts';

export type EnvName = keyof typeof ENV;

/** @throws {Error} `Missing environment variables: …`, all of them, so that an operator fixes them in one go */
export function readEnv<Name extends EnvName>(names: readonly Name[]): Readonly<Record<Name, string>> {
  const missing = names.filter((name) => !hasEnv(name));
  if (missing.length > 0)
    throw new Error(`Missing environment variables: ${missing.map((name) => ENV[name]).join(', ')}`);
  const values = names.map((name) => [name, process.env[ENV[name]]]);
  return Object.fromEntries(values) as Record<Name, string>;
}

export function hasEnv(name: EnvName): boolean {
  return process.env[ENV[name]] !== undefined;
}

/** A whole number ≥ 0. */
export function wholeNumber<Name extends EnvName>(env: Readonly<Record<Name, string>>, name: Name): number {
  const text = env[name];
  if (!/^[0-9]+$/.test(text)) throw new Error(`${ENV[name]} must be a whole number, not "${text}"`);
  return Number(text);
}

/** Parts separated by commas. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
