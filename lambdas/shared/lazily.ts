import { type EnvName, readEnv } from './env.ts';

/** A value made from these environment variables when it is first needed. */
export interface Maker<Value> {
  readonly env: readonly EnvName[];
  readonly get: () => Value;
}

type Makers = Readonly<Record<string, Maker<unknown>>>;

type Lazily<Made extends Makers> = { readonly [Name in keyof Made]: ReturnType<Made[Name]['get']> };

/**
 * Returns an object that makes each property when it is first read, with the makers of composition.ts. Checks all of
 * their environment variables at once. Don't spread the object: that reads every property.
 *
 * @throws {Error} naming all variables that are missing
 * @example const ports = lazily({ routes, connections });
 */
export function lazily<Made extends Makers>(makers: Made): Lazily<Made> {
  readEnv([...new Set(Object.values(makers).flatMap(({ env }) => env))]);
  const properties = Object.entries(makers).map(([name, { get }]) => [name, { get, enumerable: true }]);
  return Object.defineProperties({} as Lazily<Made>, Object.fromEntries(properties));
}
