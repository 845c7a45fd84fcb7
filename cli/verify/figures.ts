import type { ContractCounts } from './contract.ts';
import type { Latency } from './latency.ts';

/** What `--json FILE` has. */
export interface Figures {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly httpUrl: string;
  /** Those that held, in the order in which they were made. */
  readonly checks: { readonly says: string; readonly ms: number }[];
  latency?: Latency;
  /** In the repository: cases of the whole contract. */
  contract?: ContractCounts;
  /** The first failure, if there was one. */
  failure?: string;
}
