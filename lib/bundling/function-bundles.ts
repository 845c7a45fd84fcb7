import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type BuildOptions, buildSync } from 'esbuild';
import { PACKAGE_ROOT, packageModule } from './package-files.ts';

/** `index.handler` in a folder with `index.mjs` and `index.mjs.map`. */
export const BUNDLE_HANDLER = 'index.handler';

interface Bundle {
  readonly code: Uint8Array;
  readonly sourceMap: string;
}

/** Bundles of all functions, made together when the first of them is needed, and only once. */
export class FunctionBundles {
  readonly #modules: readonly string[];
  #bundles: ReadonlyMap<string, Bundle> | undefined;

  /** @param modules the functions' modules without endings, from the package's root: `lambdas/functions/poll` */
  constructor(modules: readonly string[]) {
    this.#modules = modules;
  }

  /**
   * The Lambda code of one of the functions. CDK calls `tryBundle` only for stacks that it deploys, so `cdk list` and
   * `cdk destroy` build nothing.
   */
  code(module: string): Code {
    return Code.fromAsset(dirname(packageModule(module)), {
      assetHashType: AssetHashType.OUTPUT,
      bundling: {
        // Never started, since `tryBundle` doesn't decline; but CDK wants an image for the fallback.
        image: DockerImage.fromRegistry('scratch'),
        // CDK bundles equal options only once: the command is what tells this function from its folder's others.
        command: [module],
        local: {
          tryBundle: (outputDirectory) => {
            this.#write(module, outputDirectory);
            return true;
          },
        },
      },
    });
  }

  #write(module: string, outputDirectory: string): void {
    this.#bundles ??= bundleAll(this.#modules);
    const bundle = this.#bundles.get(module);
    if (bundle === undefined) throw new Error(`No function "${module}" among ${this.#modules.join(', ')}`);
    writeFileSync(join(outputDirectory, 'index.mjs'), bundle.code);
    writeFileSync(join(outputDirectory, 'index.mjs.map'), bundle.sourceMap);
  }
}

/** One esbuild call for all: it parses the SDK once for eight bundles (docs/adr/0002-bundles-in-one-build.md). */
function bundleAll(modules: readonly string[]): ReadonlyMap<string, Bundle> {
  const directory = mkdtempSync(join(tmpdir(), 'serverless-im-'));
  try {
    buildSync(buildOptions(modules, directory));
    return new Map(modules.map((module) => [module, readBundle(join(directory, module))]));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function buildOptions(modules: readonly string[], outdir: string): BuildOptions {
  return {
    absWorkingDir: PACKAGE_ROOT,
    entryPoints: modules.map((module) => ({ in: packageModule(module), out: `${module}/index` })),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // The SDK's CommonJS build can't be tree-shaken.
    mainFields: ['module', 'main'],
    // Parts of the SDK that never run in our functions: a third of it.
    alias: {
      '@aws-sdk/credential-provider-node': packageModule('lib/bundling/env-credentials'),
      '@smithy/core/event-streams': packageModule('lib/bundling/no-event-streams'),
      '@aws-sdk/endpoint-cache': packageModule('lib/bundling/no-endpoint-cache'),
    },
    minify: true,
    sourcemap: true,
    // Positions are enough for a stack trace; with the texts Node would load megabytes at every cold start.
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

/** Sources seen from the package: a checkout elsewhere gives the same bytes, so the same asset, so no deployment. */
function portable(path: string): string {
  return path.replaceAll(sep, '/');
}
