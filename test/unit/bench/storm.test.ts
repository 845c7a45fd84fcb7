import { describe, expect, it } from 'vitest';
import { type Quotas, simulateStorm } from '../../../bench/cost/storm.ts';
import { DEFAULT_QUOTAS, ONE_SOCKET } from '../../../bench/cost/storm-text.ts';

const run = { warmMs: 10, coldMs: 500 };
const times = {
  authorize: run,
  $connect: run,
  $disconnect: run,
  hello: run,
  session: run,
  conversations: run,
};
const storm = (users: number, quotas: Partial<Quotas> = {}, disconnectSeconds?: number) =>
  simulateStorm({
    users,
    layout: ONE_SOCKET,
    times,
    quotas: { ...DEFAULT_QUOTAS, ...quotas },
    ...(disconnectSeconds !== undefined && { disconnectSeconds }),
  });

describe('a reconnect storm', () => {
  it('of one user has three cold starts: the authorizer, the socket, and HTTP', () => {
    expect(storm(1)).toMatchObject({ coldStarts: 3, refusedUpgrades: 0, refusedRuns: 0, peakRuns: 1 });
  });

  it("lasts at least as long as the gateway's limit on new connections requires", () => {
    expect(storm(5_000).seconds).toBeGreaterThan((5_000 - 500) / 500);
  });

  it('ends sooner with more new connections and more concurrent runs', () => {
    const raised = { connections: 2_000, socketRequests: 8_000, httpRequests: 4_000, concurrency: 5_000 };
    expect(storm(5_000, raised).seconds).toBeLessThan(storm(5_000).seconds / 2);
  });

  it('has runs refused if the account allows only ten concurrent runs', () => {
    const result = storm(200, { concurrency: 10 });
    expect(result.peakRuns).toBe(10);
    expect(result.refusedRuns).toBeGreaterThan(0);
  });

  it('never exceeds the concurrency of the account or the scaling rate of a function', () => {
    const result = storm(5_000, { connections: 5_000, socketRequests: 20_000, concurrency: 3_000 }, 5);
    expect(result.peakRuns).toBeLessThanOrEqual(3_000);
    expect(result.peakConnectRuns).toBeLessThan(1_500);
  });

  it('is deterministic', () => {
    expect(storm(300)).toEqual(storm(300));
  });
});
