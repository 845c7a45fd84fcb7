import { OperatorError } from '../local/operator-error.ts';
import { remedyOf } from './aws-remedy.ts';
import { UsageError } from './usage-error.ts';
import { commandLine } from './wording.ts';

/** If set, errors are printed with their stacks and causes. */
const DEBUG = 'SERVERLESS_IM_DEBUG';

/**
 * Prints one line that says what is wrong.
 * @param command that was called, such as `admin ban`; empty before one is known
 * @returns the exit status
 */
export function reportFailure(error: unknown, command = ''): number {
  if (process.env[DEBUG]) console.error(error);
  const remedy = remedyIn(error);
  if (remedy !== undefined) {
    console.error(`serverless-im: ${remedy}`);
    return 1;
  }
  if (!(error instanceof OperatorError)) {
    const [firstLine = ''] = String(error).split('\n');
    console.error(`serverless-im: unexpected fault: ${firstLine} (${DEBUG}=1 prints the details)`);
    return 1;
  }
  const isUsage = error instanceof UsageError;
  console.error(`serverless-im: ${error.message}${isUsage ? ` Help: ${helpLine(command)}` : ''}`);
  return isUsage ? 2 : 1;
}

/** Of the error, or of what it was made of. */
function remedyIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return remedyOf(error) ?? remedyIn(error.cause);
}

function helpLine(command: string): string {
  return command === '' ? 'serverless-im --help' : commandLine(command, '--help');
}
