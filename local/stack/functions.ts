import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../json.ts';
import type { FunctionModel } from '../model.ts';
import { permissionsByRole } from './permissions.ts';
import type { ResolvedApp } from './resources.ts';
import { type Resource, reader } from './template.ts';

export interface Functions {
  readonly models: readonly FunctionModel[];
  /** A line for each function, or part of one, that can't run. */
  readonly warnings: readonly string[];
}

/**
 * @param directory of the assembly, which gets the code of inline functions
 * @param leftOut ARNs of functions that are not run, without a word
 */
export function functionModels(app: ResolvedApp, directory: string, leftOut: ReadonlySet<string>): Functions {
  endModuleScope(directory);
  const permissionsOf = permissionsByRole(app);
  const layers = new Map(
    app.ofType('AWS::Lambda::LayerVersion').map((layer) => [layer.identity.ref, layer] as const),
  );
  const warnings: string[] = [];
  const warn = ({ logicalId, type }: Resource, message: string) =>
    warnings.push(`${logicalId} (${type}) ${message}`);
  const layerDirectories = (resource: Resource) =>
    reader(resource)
      .list('Layers')
      .flatMap((ref) => {
        const layer = layers.get(String(ref));
        const path = layer && assetOf(app, layer, 'Content');
        if (path === undefined)
          warn(resource, `runs without its layer ${String(ref)}, which isn't an asset.`);
        return path === undefined ? [] : [path];
      });
  const permissions = (resource: Resource) => {
    const role = reader(resource).optionalText('Role');
    if (role === undefined) return {};
    const found = permissionsOf(role);
    if (found === undefined)
      warn(resource, 'may do anything on one machine: its role has more than plain Allow statements.');
    return found === undefined ? {} : { permissions: found };
  };
  const models = app.ofType('AWS::Lambda::Function').flatMap((resource): FunctionModel[] => {
    if (leftOut.has(resource.identity.attributes['Arn'] ?? '')) return [];
    const read = reader(resource);
    const runtime = read.optionalText('Runtime') ?? 'image';
    if (!runtime.startsWith('nodejs')) {
      warn(resource, `can't run on one machine: its runtime is ${runtime}.`);
      return [];
    }
    const codeDirectory = assetOf(app, resource, 'Code') ?? inlineCode(resource, directory);
    if (codeDirectory === undefined) {
      warn(resource, `can't run on one machine: its code isn't a folder of the app.`);
      return [];
    }
    const reserved = read.optionalNumber('ReservedConcurrentExecutions');
    const variables = read.record('Environment')['Variables'];
    const layers = layerDirectories(resource);
    return [
      {
        logicalId: resource.logicalId,
        name: resource.identity.ref,
        codeDirectory,
        handler: read.text('Handler'),
        environment: Object.fromEntries(
          Object.entries(isRecord(variables) ? variables : {}).map(([name, value]) => [name, String(value)]),
        ),
        timeoutSeconds: read.optionalNumber('Timeout') ?? 3,
        memoryMegabytes: read.optionalNumber('MemorySize') ?? 128,
        ...(layers.length > 0 && { layerDirectories: layers }),
        ...(reserved === undefined ? {} : { reservedConcurrency: reserved }),
        ...permissions(resource),
      },
    ];
  });
  return { models, warnings };
}

/** On Lambda there is no `package.json` above a function's code, so none of the project may say what its files are. */
function endModuleScope(directory: string): void {
  const file = join(directory, 'package.json');
  if (!existsSync(file)) writeFileSync(file, '{}');
}

/** Folder of an asset. One that is a file, such as a zip file of the operator's, is none. */
function assetOf(app: ResolvedApp, resource: Resource, property: string): string | undefined {
  const s3Key = reader(resource).record(property)['S3Key'];
  const path = typeof s3Key === 'string' ? app.assetPath(s3Key) : undefined;
  return path !== undefined && statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : undefined;
}

/** CloudFormation puts it into a file `index.js`. */
function inlineCode(resource: Resource, directory: string): string | undefined {
  const source = reader(resource).record('Code')['ZipFile'];
  if (typeof source !== 'string') return undefined;
  const folder = join(directory, `inline.${resource.logicalId}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.js'), source);
  return folder;
}
