/** `serverless-im/local`: the stack on this machine, for tests of one's own. */
export type { TokenOptions } from './dev-issuer.ts';
export { OperatorError } from './operator-error.ts';
export { type LocalRuntime, startRuntime } from './runtime.ts';
export type { RuntimeOptions } from './runtime-options.ts';
