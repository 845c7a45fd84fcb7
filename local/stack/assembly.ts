import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordOf } from '../json.ts';
import { systemErrorCode } from '../operator-error.ts';
import { ACCOUNT_ID, REGION } from './identifiers.ts';
import { type Template, TemplateError } from './template.ts';

/** One stack of a cloud assembly (the folder that `cdk synth` writes). */
export interface AssemblyStack {
  readonly name: string;
  readonly template: Template;
  /** Absolute path of the asset with this S3 key, according to the asset manifest. */
  assetPath(s3Key: string): string | undefined;
  /** The template of a nested stack, which is an asset of its parent. */
  nestedTemplate(templateUrl: unknown): Template | undefined;
}

export interface Assembly {
  readonly stacks: readonly AssemblyStack[];
  /** What of the app isn't run as it will be deployed. */
  readonly warnings: readonly string[];
}

const MANIFEST = 'manifest.json';

/** Whether a folder is a cloud assembly. */
export function isAssembly(directory: string): boolean {
  return existsSync(join(directory, MANIFEST));
}

/**
 * Reads the stacks of a cloud assembly (format: `cloud-assembly-schema`), of all environments. If it has only stages, those of
 * the first.
 * @throws {TemplateError} if there is no assembly, or no stack in it
 */
export function readAssembly(directory: string): Assembly {
  const manifest = readJson(join(directory, MANIFEST));
  const artifacts = Object.entries(recordOf(manifest['artifacts'])).map(([id, artifact]) => ({
    id,
    ...recordOf(artifact),
    properties: recordOf(recordOf(artifact)['properties']),
  })) as readonly Artifact[];
  const ofType = (type: string) => artifacts.filter((artifact) => artifact.type === type);
  const stages = ofType('cdk:cloud-assembly').map(({ id, properties }) => ({
    id,
    directory: join(directory, String(properties['directoryName'])),
  }));
  const found = ofType('aws:cloudformation:stack');
  const [first, ...others] = stages;
  if (found.length === 0) {
    if (first === undefined) throw new TemplateError(`There is no stack in ${directory}.`);
    const { stacks, warnings } = readAssembly(first.directory);
    return { stacks, warnings: [...warnings, ...others.map(stageWarning)] };
  }
  const assets = new Map(
    ofType('cdk:asset-manifest').flatMap(({ properties }) =>
      assetsOf(directory, join(directory, String(properties['file']))),
    ),
  );
  const localize = localizer(found.map(({ environment }) => environment ?? ''));
  const template = (file: string) => {
    const { Resources, ...rest } = readJson(file, localize);
    return { Resources: recordOf(Resources), ...rest } as unknown as Template;
  };
  const stacks = found.map(({ id, properties }) => ({
    name: localize(String(properties['stackName'] ?? id)),
    template: template(join(directory, String(properties['templateFile']))),
    assetPath: (s3Key: string) => assets.get(s3Key),
    nestedTemplate: (templateUrl: unknown) => {
      const [, s3Key = ''] = /([\w-]+\.json)"?\]*\}?$/.exec(JSON.stringify(templateUrl)) ?? [];
      const file = assets.get(s3Key);
      return file === undefined ? undefined : template(file);
    },
  }));
  return { stacks, warnings: [...stages.map(stageWarning), ...lookupWarnings(manifest['missing'])] };
}

interface Artifact {
  readonly id: string;
  readonly type?: string;
  /** `aws://123456789012/eu-west-1` */
  readonly environment?: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

function stageWarning({ id, directory }: { readonly id: string; readonly directory: string }): string {
  return `The stage ${id} isn't run; --app ${directory} runs it.`;
}

/** CDK writes dummies into the template for what it does not know of the account. */
function lookupWarnings(missing: unknown): readonly string[] {
  const providers = (Array.isArray(missing) ? missing : []).map((each) => String(recordOf(each)['provider']));
  return [...new Set(providers)].map(
    (provider) =>
      `The app looks up values of its account (${provider}), which aren't in cdk.context.json: made-up values take their place.`,
  );
}

/** This machine is one account and one region, whatever the app says: the emulators know no others. */
function localizer(environments: readonly string[]): (text: string) => string {
  const parts = environments.map((environment) => /^aws:\/\/(\d{12})?[^/]*\/(.*)$/.exec(environment));
  const regions = parts.flatMap((part) => (/^[a-z]+-[a-z-]+-\d$/.test(part?.[2] ?? '') ? [part?.[2]] : []));
  const accounts = parts.flatMap((part) => part?.[1] ?? []);
  const names = [...new Set([...regions, ...accounts])];
  if (names.length === 0) return (text) => text;
  const pattern = new RegExp(`\\b(?:${names.join('|')})\\b`, 'g');
  return (text) => text.replace(pattern, (name) => (/^\d/.test(name) ? ACCOUNT_ID : REGION));
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

function readJson(
  file: string,
  rewrite: (text: string) => string = (text) => text,
): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new TemplateError(`Cannot read ${file} (${systemErrorCode(error) ?? 'unknown'}).`, {
      cause: error,
    });
  }
  return recordOf(JSON.parse(rewrite(text)));
}
