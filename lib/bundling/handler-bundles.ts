import { FUNCTIONS } from '../functions.ts';
import { FunctionBundles, PLAIN_SET } from './function-bundles.ts';

/** The library for Web Push is CommonJS, and only this function has it. */
const NOTIFY_MODULE = FUNCTIONS.notify.module;
const MODULES = Object.values(FUNCTIONS)
  .map(({ module }) => module)
  .filter((module) => module !== NOTIFY_MODULE);

const PLAIN = new FunctionBundles(PLAIN_SET, MODULES);
const NOTIFY = new FunctionBundles('notify', [NOTIFY_MODULE], { requires: true });
/** For deployments whose functions ask functions of the operator. */
const ASKING = new FunctionBundles('asking', MODULES, { invokes: true });

/** All that a deployment may have: the published package contains them. */
export const HANDLER_BUNDLES: readonly FunctionBundles[] = [PLAIN, NOTIFY, ASKING];

/** @param asks whether a function of the deployment asks one of the operator's */
export function bundlesOf(module: string, asks: boolean): FunctionBundles {
  if (module === NOTIFY_MODULE) return NOTIFY;
  return asks ? ASKING : PLAIN;
}
