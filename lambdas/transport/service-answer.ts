import { errorBody, isFault } from '../shared/errors.ts';
import { describe, logger } from '../shared/logger.ts';

/**
 * Runs a request of another service that invoked the function, and logs if it fails: a mistake of the caller's rings no alarm.
 * @throws {Error} whose message begins with the error code. Not the error itself: Lambda would log and return all fields that
 * the AWS SDK adds.
 */
export async function answerService<Answer>(name: string, run: () => Promise<Answer>): Promise<Answer> {
  try {
    return await run();
  } catch (error) {
    if (isFault(error)) logger.error(`${name} failed`, { error: describe(error) });
    else logger.warn(`${name} refused`, { error: describe(error) });
    const { code, issues = [] } = errorBody(error);
    throw new Error([code, ...issues.map(({ path, message }) => `${path} ${message}`)].join(': '));
  }
}
