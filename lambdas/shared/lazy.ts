type Makers = Readonly<Record<string, () => unknown>>;

type Lazily<Made extends Makers> = { readonly [Name in keyof Made]: ReturnType<Made[Name]> };

/**
 * An object of such values: each property is made when it is first read. Don't spread it, which reads them all.
 *
 * @example const ports = lazily({ routes, connections }); // from composition.ts
 */
export function lazily<Made extends Makers>(makers: Made): Lazily<Made> {
  const properties = Object.entries(makers).map(([name, get]) => [name, { get, enumerable: true }]);
  return Object.defineProperties({} as Lazily<Made>, Object.fromEntries(properties));
}
