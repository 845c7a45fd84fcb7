import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { type ISource, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { PACKAGE_ROOT } from './package-files.ts';

const WEB = `${PACKAGE_ROOT}web`;

/**
 * The files of the web page: built now in the repository, ready in the published package. CDK calls `tryBundle` only for
 * stacks that it synthesizes for a deployment.
 */
export function webPageSource(): ISource {
  const isPackage = !existsSync(join(WEB, 'vite.config.ts'));
  if (isPackage) return Source.asset(join(WEB, 'dist'));
  return Source.asset(WEB, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never started, since `tryBundle` always succeeds, but CDK requires an image.
      image: DockerImage.fromRegistry('scratch'),
      local: {
        tryBundle: (outputDirectory) => {
          build(outputDirectory);
          return true;
        },
      },
    },
  });
}

function build(outputDirectory: string): void {
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
  const args = [vite, 'build', WEB, '--outDir', outputDirectory, '--emptyOutDir', '--logLevel', 'warn'];
  execFileSync(process.execPath, args, { cwd: WEB, env: { ...process.env, NODE_ENV: 'production' } });
}
