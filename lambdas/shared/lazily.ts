import { type EnvName, readEnv } from './env.ts';

/** Makes a value of these variables when it is first asked for. */
export interface Maker<Value> {
  readonly env: readonly EnvName[];
  readonly get: () => Value;
}

type Makers = Readonly<Record<string, Maker<unknown>>>;

type Lazily<Made extends Makers> = { readonly [Name in keyof Made]: ReturnType<Made[Name]['get']> };

/**
 * An object whose properties are made when they are first read, by makers of composition.ts. All their variables are checked
 * at once. Don't spread it, which reads them all.
 *
 * @throws {Error} variables are missing: the message names all of them
 * @example const ports = lazily({ routes, connections });
 */
export function lazily<Made extends Makers>(makers: Made): Lazily<Made> {
  readEnv([...new Set(Object.values(makers).flatMap(({ env }) => env))]);
  const properties = Object.entries(makers).map(([name, { get }]) => [name, { get, enumerable: true }]);
  return Object.defineProperties({} as Lazily<Made>, Object.fromEntries(properties));
}
