/**
 * Finds what a function's code imports where Lambda does: in its own folder, in its layers, and, of the AWS SDK, in the runtime.
 * Anything else is an error, as in a deployment: the folder lies in the project, and Node would look in its `node_modules`, too.
 */
import { realpathSync } from 'node:fs';
import { createRequire, isBuiltin, registerHooks } from 'node:module';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Lambda's Node runtimes have the AWS SDK: https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html */
const IN_THE_RUNTIME = /^@(aws-sdk|smithy|aws-crypto)\//;

type Resolve = Parameters<typeof registerHooks>[0]['resolve'];
type ResolveHook = NonNullable<Resolve>;
type Context = Parameters<ResolveHook>[1];
type Next = Parameters<ResolveHook>[2];

export interface CodeFolders {
  readonly codeDirectory: string;
  readonly layerDirectories: readonly string[];
  /** Whose `node_modules` may have the AWS SDK. */
  readonly sdkDirectories: readonly string[];
}

export function resolveAsLambda({ codeDirectory, layerDirectories, sdkDirectories }: CodeFolders): void {
  const code = folderUrl(codeDirectory);
  const layers = layerDirectories.map((layer) => join(layer, 'nodejs', 'index.js'));
  const runtimes = sdkDirectories.map((directory) => join(directory, 'index.js'));
  registerHooks({
    resolve(specifier, context, next) {
      const isBare = !/^([./#]|\w+:)/.test(specifier) && !isBuiltin(specifier);
      if (!isBare || context.parentURL?.startsWith(code) !== true) return next(specifier, context);
      const own = attempt(() => next(specifier, context));
      if (own?.url.startsWith(code)) return own;
      const froms = IN_THE_RUNTIME.test(specifier) ? [...layers, ...runtimes] : layers;
      for (const from of froms) {
        const found = attempt(() => resolveFrom(from, specifier, context, next));
        if (found !== undefined) return found;
      }
      throw Object.assign(
        new Error(`Cannot find package '${specifier}': the function's code does not contain it`),
        {
          code: 'ERR_MODULE_NOT_FOUND',
        },
      );
    },
  });
}

/** Node takes the parent from the context for `import` only. */
function resolveFrom(from: string, specifier: string, context: Context, next: Next) {
  if (!context.conditions.includes('require'))
    return next(specifier, { ...context, parentURL: pathToFileURL(from).href });
  const file = createRequire(from).resolve(specifier);
  return { url: pathToFileURL(file).href, shortCircuit: true };
}

function attempt<T>(resolve: () => T): T | undefined {
  try {
    return resolve();
  } catch {
    return undefined;
  }
}

function folderUrl(directory: string): string {
  return pathToFileURL(realpathSync(directory) + sep).href;
}
