import { isRecord } from '../json.ts';
import type { FunctionModel, Permission, StackModel } from '../model.ts';
import { apiModels } from './apis.ts';
import { type AssemblyStack, readAssembly } from './assembly.ts';
import { apiDomains } from './domains.ts';
import { eventSourceModel } from './event-sources.ts';
import { physicalName } from './identifiers.ts';
import { type LocalOrigins, rewriteUrls } from './local-urls.ts';
import { permissionsByRole } from './permissions.ts';
import { resolveTemplate } from './resources.ts';
import { scanModels } from './scans.ts';
import { bucketModel, queueModel, tableModel } from './storage.ts';
import { type Resource, reader } from './template.ts';
import { topicModels } from './topics.ts';

/** Ignored without a warning: they do not affect behaviour here. Policies are read with their functions. */
const IGNORED_TYPES =
  /^AWS::(IAM|Logs|CloudWatch)::|^AWS::(Lambda::Permission|SQS::QueuePolicy|SNS::TopicPolicy|S3::BucketPolicy|Route53::RecordSet|CDK::Metadata|ApiGateway::Account|ApiGatewayV2::Deployment)$/;

/**
 * Loads the stack from a cloud assembly. Replaces AWS URLs in environments, outputs, and authorizers by local ones.
 * @throws {TemplateError} if the assembly or the template is not supported
 */
export function loadStack(assemblyDirectory: string, origins: LocalOrigins): StackModel {
  const stack = readAssembly(assemblyDirectory);
  const template = resolveTemplate(stack.template, stack.name);
  const warnings: string[] = [];
  const permissionsOf = permissionsByRole(template);
  const functions = template.ofType('AWS::Lambda::Function').flatMap((resource) => {
    const model = functionModel(resource, stack, permissionsOf);
    if (typeof model === 'string') warnings.push(model);
    return typeof model === 'string' ? [] : [model];
  });
  const functionIds = new Map(functions.map(({ name, logicalId }) => [name, logicalId]));
  const queues = template.ofType('AWS::SQS::Queue').map((resource) => queueModel(resource, stack.name));
  const apis = apiModels(template, stack.name, functionIds);
  const webSocketApiIds = new Set(apis.webSocketApis.map((api) => api.apiId));
  const domains = apiDomains(template);
  const rewrite = <T>(value: T): T =>
    rewriteTexts(value, (text) => rewriteUrls(text, origins, webSocketApiIds, domains)) as T;
  const tables = template.ofType('AWS::DynamoDB::Table').map((resource) => tableModel(resource, stack.name));
  const mappings = template
    .ofType('AWS::Lambda::EventSourceMapping')
    .map((resource) => eventSourceModel(resource, { queues, tables, functionIds }));
  const topics = topicModels(template, stack.name);
  const buckets = template.ofType('AWS::S3::Bucket').map((resource) => bucketModel(resource, stack.name));
  const scans = scanModels(template, functionIds);
  const leftOut = template.unread().filter(({ type }) => !IGNORED_TYPES.test(type));
  return {
    functions: rewrite(functions),
    tables,
    queues,
    topics: topics.models,
    buckets,
    scans: scans.models,
    eventSources: mappings.filter((mapping) => 'queueName' in mapping),
    streamSources: mappings.filter((mapping) => 'table' in mapping),
    webSocketApis: apis.webSocketApis,
    httpApis: rewrite(apis.httpApis),
    outputs: rewrite(template.outputs),
    warnings: [
      ...leftOut.map(
        ({ logicalId, type }) => `${logicalId} (${type}) can't run on one machine and is left out.`,
      ),
      ...topics.warnings,
      ...scans.warnings,
      ...warnings,
    ],
  };
}

/** The function, or a warning that says why it can't run. */
function functionModel(
  resource: Resource,
  stack: AssemblyStack,
  permissionsOf: (roleArn: string) => readonly Permission[],
): FunctionModel | string {
  const read = reader(resource);
  const runtime = read.optionalText('Runtime') ?? 'image';
  if (!runtime.startsWith('nodejs')) {
    return `${resource.logicalId} (AWS::Lambda::Function) can't run on one machine: its runtime is ${runtime}.`;
  }
  const s3Key = read.record('Code')['S3Key'];
  const codeDirectory = typeof s3Key === 'string' ? stack.assetPath(s3Key) : undefined;
  if (codeDirectory === undefined) {
    return `${resource.logicalId} (AWS::Lambda::Function) can't run on one machine: its code isn't an asset.`;
  }
  const role = read.optionalText('Role');
  const reserved = read.optionalNumber('ReservedConcurrentExecutions');
  const variables = read.record('Environment')['Variables'];
  return {
    logicalId: resource.logicalId,
    name: functionName(resource, stack.name),
    codeDirectory,
    handler: read.text('Handler'),
    environment: Object.fromEntries(
      Object.entries(isRecord(variables) ? variables : {}).map(([name, value]) => [name, String(value)]),
    ),
    timeoutSeconds: read.optionalNumber('Timeout') ?? 3,
    memoryMegabytes: read.optionalNumber('MemorySize') ?? 128,
    ...(reserved === undefined ? {} : { reservedConcurrency: reserved }),
    ...(role === undefined ? {} : { permissions: permissionsOf(role) }),
  };
}

function functionName(resource: Resource, stackName: string): string {
  return reader(resource).optionalText('FunctionName') ?? physicalName(stackName, resource.logicalId);
}

function rewriteTexts(value: unknown, rewrite: (text: string) => string): unknown {
  if (typeof value === 'string') return rewrite(value);
  if (Array.isArray(value)) return value.map((item) => rewriteTexts(item, rewrite));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewriteTexts(item, rewrite)]));
}
