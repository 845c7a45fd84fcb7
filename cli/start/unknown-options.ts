import { OperatorError } from '../../local/operator-error.ts';
import type { StartOptions } from './options.ts';

/**
 * What to tell of a start that failed: an option that there is not comes before a port or a folder that is taken, since the synth would
 * say it only when both are free. Looked at after a failure, as the CDK takes a second to load.
 * @throws {OperatorError} there is such an option
 */
export async function refuseUnknownOptions({
  app,
  context,
}: Pick<StartOptions, 'app' | 'context'>): Promise<void> {
  // The keys of another's app are its own.
  if (app !== undefined || Object.keys(context).length === 0) return;
  const [{ App }, { refuseUnknownKeys }, { InvalidOptionsError }] = await Promise.all([
    import('aws-cdk-lib'),
    import('../../lib/context-keys.ts'),
    import('../../lib/props.ts'),
  ]);
  try {
    refuseUnknownKeys(new App({ context }));
  } catch (error) {
    if (!(error instanceof InvalidOptionsError)) throw error;
    throw new OperatorError(error.faults.join('; '), { cause: error });
  }
}
