import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord, recordOf } from '../json.ts';
import { systemErrorCode } from '../operator-error.ts';
import { type Template, TemplateError } from './template.ts';

/** One stack of a cloud assembly (the folder that `cdk synth` writes). */
export interface AssemblyStack {
  readonly name: string;
  readonly template: Template;
  /** Absolute path of the asset with this S3 key, according to the asset manifest. */
  assetPath(s3Key: string): string | undefined;
}

/**
 * Reads the only stack of a cloud assembly (format: `cloud-assembly-schema`).
 * @throws {TemplateError} if there is no assembly, or it does not contain exactly one stack
 */
export function readAssembly(directory: string): AssemblyStack {
  const artifacts = Object.entries(recordOf(readJson(join(directory, 'manifest.json'))['artifacts']));
  const ofType = (type: string) =>
    artifacts.flatMap(([id, artifact]) =>
      isRecord(artifact) && artifact['type'] === type
        ? [{ id, properties: recordOf(artifact['properties']) }]
        : [],
    );
  const [stack, ...others] = ofType('aws:cloudformation:stack');
  if (!stack || others.length > 0) {
    const names = [stack, ...others].map((each) => each?.id ?? 'none').join(', ');
    throw new TemplateError(`The local runtime runs exactly one stack; ${directory} has: ${names}.`);
  }
  const template = readJson(join(directory, String(stack.properties['templateFile'])));
  if (!isRecord(template['Resources'])) throw new TemplateError(`The stack ${stack.id} has no resources.`);
  const assets = new Map(
    ofType('cdk:asset-manifest').flatMap(({ properties }) =>
      assetsOf(directory, join(directory, String(properties['file']))),
    ),
  );
  return {
    name: String(stack.properties['stackName'] ?? stack.id),
    template: template as unknown as Template,
    assetPath: (s3Key) => assets.get(s3Key),
  };
}

/** S3 key and path of each file in an asset manifest. */
function assetsOf(directory: string, manifestFile: string): readonly (readonly [string, string])[] {
  return Object.values(recordOf(readJson(manifestFile)['files'])).flatMap((asset) => {
    const path = recordOf(recordOf(asset)['source'])['path'];
    if (typeof path !== 'string') return [];
    return Object.values(recordOf(recordOf(asset)['destinations'])).map(
      (destination) => [String(recordOf(destination)['objectKey']), join(directory, path)] as const,
    );
  });
}

function readJson(file: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new TemplateError(`Cannot read ${file} (${systemErrorCode(error) ?? 'unknown'}).`, {
      cause: error,
    });
  }
  return recordOf(JSON.parse(text));
}
