import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { BuildResult } from 'esbuild';
import { InvalidOptionsError } from '../props.ts';
import { esbuild } from './esbuild.ts';
import { REQUIRE } from './require.ts';

/**
 * The Lambda code of an operator's own module: `index.handler` is its export `handler`.
 * @param option names the option in a fault
 * @param path of a JavaScript or TypeScript file, from the working directory
 * @throws {InvalidOptionsError} there is no such file, it can't be bundled, or it exports no `handler`
 */
export function moduleCode(option: string, path: string): Code {
  const file = resolve(path);
  if (!existsSync(file) || !statSync(file).isFile())
    throw new InvalidOptionsError([`${option}: there is no file ${path}`]);
  const bundle = bundleOf(option, path, file);
  return Code.fromAsset(dirname(file), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never started, since `tryBundle` always succeeds, but CDK requires an image.
      image: DockerImage.fromRegistry('scratch'),
      command: [file],
      local: {
        tryBundle: (outputDirectory) => {
          writeFileSync(join(outputDirectory, 'index.mjs'), bundle);
          return true;
        },
      },
    },
  });
}

function bundleOf(option: string, path: string, file: string): Uint8Array {
  const { metafile, outputFiles = [] } = build(option, path, file);
  const [output] = Object.values(metafile?.outputs ?? {});
  if (output?.exports.includes('handler') !== true)
    throw new InvalidOptionsError([`${option}: ${path} has no export "handler"`]);
  return outputFiles[0]?.contents ?? new Uint8Array();
}

function build(option: string, path: string, file: string): BuildResult {
  try {
    return esbuild().buildSync({
      entryPoints: [file],
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      mainFields: ['module', 'main'],
      banner: { js: REQUIRE },
      minify: true,
      legalComments: 'none',
      logLevel: 'silent',
    });
  } catch (error) {
    const [first] = (error as Partial<BuildResult>).errors ?? [];
    const place = first?.location ? ` (${first.location.file}:${first.location.line})` : '';
    throw new InvalidOptionsError([
      `${option}: ${path} can't be bundled: ${first?.text ?? messageOf(error)}${place}`,
    ]);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
