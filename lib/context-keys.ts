import type { App } from 'aws-cdk-lib';
import { propsFromContext } from './context.ts';
import { guess } from './guess.ts';
import { InvalidOptionsError } from './props.ts';

/** Of CDK itself: feature flags, what it has looked up, and settings of its CLI. No option of ours looks like these. */
const OF_CDK = /[:/]|^(aws|cdk)-|^acknowledged-issue-numbers$/;

/** Key of the stack's name in the account, which is the app's and no prop of the construct. */
export const STACK_NAME = 'stackName';

/**
 * Refuses context keys that are no option: one that is misspelt would be left out without a word, and have its default. For our own
 * app; the keys of another are its own.
 * @throws {InvalidOptionsError} listing every such key, with the option that its writer may have meant
 */
export function refuseUnknownKeys(app: App): void {
  const known = optionKeys(app);
  const faults = Object.keys(app.node.getAllContext())
    .filter((key) => !OF_CDK.test(key) && !known.includes(key))
    .map((key) => `unknown option "${key}"${guess(key, known, 'docs/operations.md')}`);
  if (faults.length > 0) throw new InvalidOptionsError(faults);
}

/** All keys that are read from context. */
export function optionKeys(app: App): readonly string[] {
  const keys: string[] = [STACK_NAME];
  const noteKey = (key: string) => {
    keys.push(key);
    // The one without a default.
    return key === 'userPool' ? true : undefined;
  };
  const makeFunction = () => {
    throw new Error('No option names a function here.');
  };
  propsFromContext(noteKey, makeFunction, app);
  return keys;
}
