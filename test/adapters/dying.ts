export class Death extends Error {}

/** Ports whose n-th call of any method fails: before it has done anything, or after it has done all. */
export function dyingAt<Ports extends object>(all: Ports, n: number, when: 'before' | 'after') {
  let calls = 0;
  const dying = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          calls += 1;
          const dies = calls === n;
          if (dies && when === 'before') throw new Death();
          const result: unknown = await method.apply(target, args);
          if (dies) throw new Death();
          return result;
        };
      },
    });
  const ports = Object.fromEntries(
    Object.entries(all).map(([name, port]) => [name, typeof port === 'object' ? dying(port) : port]),
  ) as unknown as Ports;
  return { ports, hasDied: () => calls >= n };
}
