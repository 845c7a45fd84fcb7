import type { RuntimeOptions } from '../runtime-options.ts';
import type { Printing } from './messages.ts';

export interface ClusterOptions
  extends Omit<RuntimeOptions, 'awsProxy' | 'clockOffsetMs' | 'onLog' | 'onLogLine'> {
  /** From 1 to 9: connection ids have one digit for the node. */
  readonly nodes: number;
  /** Gives each node an AWS proxy, which counts for `npm run admin -- top`. @default - they print nothing, and have none */
  readonly printing?: Printing;
  /** Receives one line when a node has died, and when it is back. @default onWarning */
  readonly onNotice?: (message: string) => void;
}
