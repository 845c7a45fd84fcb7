// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are CloudFormation's
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './bundle.ts';

export interface AssemblyParts {
  readonly resources: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Source of `index.mjs` by asset hash. */
  readonly bundles?: Readonly<Record<string, string>>;
}

/** Writes a cloud assembly of one stack, `Mini`, as `cdk synth` lays it out; returns its folder. */
export function writeAssembly(parts: AssemblyParts): string {
  const directory = temporaryFolder();
  const hashes = Object.entries(parts.bundles ?? {});
  for (const [hash, source] of hashes) {
    mkdirSync(join(directory, `asset.${hash}`));
    writeFileSync(join(directory, `asset.${hash}`, 'index.mjs'), source);
  }
  const write = (file: string, content: unknown) =>
    writeFileSync(join(directory, file), JSON.stringify(content));
  write('manifest.json', {
    artifacts: {
      'Mini.assets': { type: 'cdk:asset-manifest', properties: { file: 'Mini.assets.json' } },
      Mini: {
        type: 'aws:cloudformation:stack',
        properties: { templateFile: 'Mini.template.json', stackName: 'Mini' },
      },
      Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
    },
  });
  write('Mini.assets.json', {
    files: Object.fromEntries(
      hashes.map(([hash]) => [
        hash,
        {
          source: { path: `asset.${hash}`, packaging: 'zip' },
          destinations: { here: { objectKey: `${hash}.zip` } },
        },
      ]),
    ),
  });
  write('Mini.template.json', {
    Resources: parts.resources,
    Outputs: parts.outputs ?? {},
    Parameters: { BootstrapVersion: { Type: 'String', Default: '/cdk-bootstrap/version' } },
  });
  return directory;
}

/** A function resource whose code is the bundle of that hash. */
export function lambda(hash: string, properties: Readonly<Record<string, unknown>> = {}) {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::AccountId}' }, S3Key: `${hash}.zip` },
      ...properties,
    },
  };
}

export function invocationUri(logicalId: string) {
  return {
    'Fn::Join': [
      '',
      [
        'arn:',
        { Ref: 'AWS::Partition' },
        ':apigateway:',
        { Ref: 'AWS::Region' },
        ':lambda:path/2015-03-31/functions/',
        { 'Fn::GetAtt': [logicalId, 'Arn'] },
        '/invocations',
      ],
    ],
  };
}
