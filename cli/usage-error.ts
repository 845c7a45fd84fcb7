import { OperatorError } from '../local/operator-error.ts';

/** A command is called wrongly: an option that there is not, a value that can't be. The exit status is 2. */
export class UsageError extends OperatorError {
  override readonly name: string = 'UsageError';
}
