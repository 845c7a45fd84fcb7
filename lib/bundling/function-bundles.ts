import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { BuildOptions } from 'esbuild';
import { buildOnce } from './bundle-cache.ts';
import { PACKAGE_ROOT, packageModule } from './package-files.ts';
import { REQUIRE } from './require.ts';

export const BUNDLE_HANDLER = 'index.handler';

interface Bundle {
  readonly code: Uint8Array;
  readonly sourceMap: string;
}

export interface BundleOptions {
  /** Whether one of the functions invokes another. @default false */
  readonly invokes?: boolean;
  /** Whether a CommonJS package in it requires Node's modules. @default false */
  readonly requires?: boolean;
}

/** The set of a deployment without options: the folder of another one has only what differs from it. */
export const PLAIN_SET = 'plain';

/** The bundles of all functions: ready in the published package, otherwise built together, once, when the first is needed. */
export class FunctionBundles {
  readonly set: string;
  readonly modules: readonly string[];
  readonly #options: BundleOptions;
  #bundles: ReadonlyMap<string, Bundle> | undefined;

  /**
   * @param set names the folder of ready bundles
   * @param modules paths of the modules from the package's root, without extension: `lambdas/functions/poll`
   */
  constructor(set: string, modules: readonly string[], options: BundleOptions = {}) {
    this.set = set;
    this.modules = modules;
    this.#options = options;
  }

  /**
   * Returns the Lambda code of one function, with the same hash whether its bundle was ready or not. CDK calls `tryBundle`
   * only for stacks that it synthesizes for a deployment, so `cdk list` and `cdk destroy` build nothing.
   */
  code(module: string): Code {
    const ready = [this.set, PLAIN_SET]
      .map((set) => bundleFolder(PACKAGE_ROOT, set, module))
      .find(existsSync);
    if (ready !== undefined) return Code.fromAsset(ready);
    return Code.fromAsset(dirname(packageModule(module)), {
      assetHashType: AssetHashType.OUTPUT,
      bundling: {
        // Never started, since `tryBundle` always succeeds, but CDK requires an image.
        image: DockerImage.fromRegistry('scratch'),
        // CDK bundles equal options only once. The command distinguishes the functions of a folder.
        command: [this.set, module],
        local: {
          tryBundle: (outputDirectory) => {
            this.write(module, outputDirectory);
            return true;
          },
        },
      },
    });
  }

  /** Writes the bundle of one function, with its source map. */
  write(module: string, outputDirectory: string): void {
    this.#bundles ??= bundleAll(this.set, this.modules, this.#options);
    const bundle = this.#bundles.get(module);
    if (bundle === undefined)
      throw new Error(`There is no function "${module}" in ${this.modules.join(', ')}`);
    writeFileSync(join(outputDirectory, 'index.mjs'), bundle.code);
    writeFileSync(join(outputDirectory, 'index.mjs.map'), bundle.sourceMap);
  }
}

/** Where the published package has a ready bundle. */
export function bundleFolder(packageRoot: string, set: string, module: string): string {
  return join(packageRoot, 'bundles', set, module);
}

/** One esbuild call for all, so that it parses the AWS SDK only once (docs/adr/0002-bundles-in-one-build.md). */
function bundleAll(
  set: string,
  modules: readonly string[],
  options: BundleOptions,
): ReadonlyMap<string, Bundle> {
  const folders = modules.map((module) => module.split('/')[0] ?? '');
  const directory = buildOnce(PACKAGE_ROOT, set, folders, buildOptions(modules, options));
  return new Map(modules.map((module) => [module, readBundle(join(directory, module))]));
}

function buildOptions(
  modules: readonly string[],
  { invokes = false, requires = false }: BundleOptions,
): BuildOptions {
  return {
    absWorkingDir: PACKAGE_ROOT,
    entryPoints: modules.map((module) => ({ in: packageModule(module), out: `${module}/index` })),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // The SDK's CommonJS build can't be tree-shaken.
    mainFields: ['module', 'main'],
    // A third of the AWS SDK's code never runs in our functions.
    alias: {
      '@aws-sdk/credential-provider-node': packageModule('lib/bundling/env-credentials'),
      '@smithy/core/event-streams': packageModule('lib/bundling/no-event-streams'),
      '@aws-sdk/endpoint-cache': packageModule('lib/bundling/no-endpoint-cache'),
      ...(!invokes && { '@aws-sdk/client-lambda': packageModule('lib/bundling/no-lambda-client') }),
    },
    ...(requires && { banner: { js: REQUIRE } }),
    minify: true,
    sourcemap: true,
    // Stack traces need only positions. With the sources, the maps would be megabytes larger.
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'silent',
  };
}

function readBundle(directory: string): Bundle {
  const map: { sources: string[] } = JSON.parse(readFileSync(join(directory, 'index.mjs.map'), 'utf8'));
  const sources = map.sources.map((source) => portable(relative(PACKAGE_ROOT, resolve(directory, source))));
  return { code: readFileSync(join(directory, 'index.mjs')), sourceMap: JSON.stringify({ ...map, sources }) };
}

/** The same path in every checkout, so that the asset's hash, and with it the deployment, does not depend on it. */
function portable(path: string): string {
  return path.replaceAll(sep, '/');
}
