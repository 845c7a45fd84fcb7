import { ENV } from './env-names.ts';

export type EnvName = keyof typeof ENV;

/**
 * Fails a cold start that lacks any of these variables, and names all that are missing, so that an operator fixes them in
 * one go. `connectionsEndpoint` is read by the SDK itself; a function that posts names it here to fail early.
 * @throws {Error} `Missing environment variables: …`
 */
export function requireEnv(...names: readonly EnvName[]): void {
  const missing = names.filter((name) => process.env[ENV[name]] === undefined);
  if (missing.length > 0)
    throw new Error(`Missing environment variables: ${missing.map((name) => ENV[name]).join(', ')}`);
}

/** @throws {Error} it isn't set */
export function text(name: EnvName): string {
  requireEnv(name);
  return process.env[ENV[name]] ?? '';
}

/** A variable of a part that this deployment may lack. */
export function optionalText(name: EnvName): string | undefined {
  return process.env[ENV[name]];
}

/** A whole number ≥ 0. @throws {Error} it isn't set, or is none */
export function wholeNumber(name: EnvName): number {
  const value = text(name);
  if (!/^[0-9]+$/.test(value)) throw new Error(`${ENV[name]} must be a whole number, not "${value}"`);
  return Number(value);
}

/** Parts separated by commas. @throws {Error} it isn't set */
export function list(name: EnvName): string[] {
  return text(name)
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
