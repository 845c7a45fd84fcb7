import type { Clock, TimerSet } from './clock.ts';
import type { GatewayLimits } from './limits.ts';

/** Where the gateway tells a developer what AWS would put into its execution log. */
export interface GatewayLog {
  warn(message: string): void;
}

/** What every part of the gateway needs of its surroundings. */
export interface Runtime {
  readonly clock: Clock;
  readonly timers: TimerSet;
  readonly limits: GatewayLimits;
  readonly log: GatewayLog;
}
