import type { WorkerPool } from './worker-pool.ts';

/** What runs the functions. */
export type Workers = Pick<WorkerPool, 'invoke' | 'kill' | 'instances' | 'stop'>;

/** An earlier release that runs beside this one, as during a deployment. */
export interface EarlierRelease {
  /** Its cloud assembly. Names are made from logical ids, so its functions use this stack's tables and queues. */
  readonly cdkOut: string;
  /** Whether it takes the next invocation of this function. */
  readonly takes: (functionId: string) => boolean;
}

/**
 * Runs two releases over the same tables and queues. Functions that the earlier one does not have are this one's alone.
 * @param functionIds of the earlier release
 */
export function sideBySide(
  current: WorkerPool,
  earlier: WorkerPool,
  functionIds: ReadonlySet<string>,
  takes: EarlierRelease['takes'],
): Workers {
  const has = (functionId: string) => functionIds.has(functionId);
  return {
    invoke: (functionId, event) =>
      (has(functionId) && takes(functionId) ? earlier : current).invoke(functionId, event),
    async kill(functionId) {
      const pools = has(functionId) ? [current, earlier] : [current];
      const killed = await Promise.all(pools.map((pool) => pool.kill(functionId)));
      return killed.reduce((sum, one) => sum + one, 0);
    },
    instances(functionId) {
      const one = current.instances(functionId);
      const other = has(functionId) ? earlier.instances(functionId) : { total: 0, busy: 0 };
      return { total: one.total + other.total, busy: one.busy + other.busy };
    },
    async stop(graceMs) {
      await Promise.all([current.stop(graceMs), earlier.stop(graceMs)]);
    },
  };
}
