import type { RuntimeOptions } from '../runtime-options.ts';
import type { Printing } from './messages.ts';

export interface ClusterOptions
  extends Omit<RuntimeOptions, 'awsProxy' | 'clockOffsetMs' | 'onLog' | 'onLogLine'> {
  /** From 1 to 9: connection ids have one digit for the node. */
  readonly nodes: number;
  /** @default - nothing */
  readonly printing?: Printing;
  /** Receives one line when a node has died, and when it is back. @default onWarning */
  readonly onNotice?: (message: string) => void;
}
