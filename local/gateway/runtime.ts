import type { Clock, TimerSet } from './clock.ts';
import type { GatewayLimits } from './limits.ts';
import type { AccountThrottle } from './throttle.ts';

/** Receives what API Gateway would write to its execution log. */
export interface GatewayLog {
  warn(message: string): void;
}

/** Dependencies that all parts of the gateway share. */
export interface Runtime {
  readonly clock: Clock;
  readonly timers: TimerSet;
  readonly limits: GatewayLimits;
  readonly account: AccountThrottle;
  readonly log: GatewayLog;
  /** Called with the number of open sockets when it has changed. */
  readonly onSockets?: (open: number) => void;
}
