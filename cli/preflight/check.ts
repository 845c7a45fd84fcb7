import type { Context } from './context.ts';

/** `mind`: the deployment works, and something is worse than one may think. `unknown`: it could not be checked. */
export type Finding = 'ok' | 'mind' | 'fails' | 'unknown';

export interface Verdict {
  readonly finding: Finding;
  /** What is, or what to do. */
  readonly text: string;
}

export interface Line extends Verdict {
  readonly name: string;
}

/** What is to be deployed. */
export interface Deployment {
  readonly stack: string;
  readonly context: Context;
}

/** A check; undefined if this deployment has nothing of the kind. */
export type Check = (deployment: Deployment) => Promise<Verdict | undefined>;

/** Each call of a check: AWS answers within seconds, or something is wrong with the network. */
export const patience = () => ({ abortSignal: AbortSignal.timeout(10_000) });
