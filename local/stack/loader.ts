import { resolve } from 'node:path';
import { isRecord } from '../json.ts';
import type { EventSourceModel, OtherApi, StackModel, StreamSourceModel } from '../model.ts';
import { apiModels } from './apis.ts';
import { readAssembly } from './assembly.ts';
import { chatsIn, localized, mainApis } from './chats.ts';
import { apiDomains } from './domains.ts';
import { type EventSourceParts, eventSourceModel } from './event-sources.ts';
import { functionModels } from './functions.ts';
import { customResourceFunctions, leftOutWarnings } from './left-out.ts';
import { type LocalOrigins, rewriteUrls } from './local-urls.ts';
import { type ResolvedApp, resolveApp } from './resources.ts';
import { scanModels } from './scans.ts';
import { bucketModel, queueModel, tableModel } from './storage.ts';
import { TemplateError } from './template.ts';
import { topicModels } from './topics.ts';

/** An app whose URLs are still those of AWS. */
export interface LoadedApp {
  /** APIs that need a port of their own, since the chat has the gateway's. */
  readonly otherApis: readonly OtherApi[];
  /** Whether a `ServerlessIm` is in it. */
  readonly hasChat: boolean;
  /** Replaces AWS URLs in environments, outputs, and authorizers by local ones. */
  at(origins: LocalOrigins): StackModel;
}

/**
 * Loads the stacks of a cloud assembly.
 * @throws {TemplateError} if there is none, or it can't be read
 */
export function loadStack(assemblyDirectory: string, origins: LocalOrigins): StackModel {
  return loadApp(assemblyDirectory).at(origins);
}

/** The same, for those who must know its APIs before they have all origins. */
export function loadApp(assembly: string): LoadedApp {
  const directory = resolve(assembly);
  const { stacks, warnings } = readAssembly(directory);
  const app = resolveApp(stacks);
  const providers = customResourceFunctions(app);
  const all = functionModels(app, directory, providers);
  const functions = unique(all.models, ({ name }) => name);
  const functionIds = new Map(functions.models.map(({ name, logicalId }) => [name, logicalId]));
  const topics = topicModels(app, functionIds);
  const queues = unique(
    [...app.ofType('AWS::SQS::Queue').map(queueModel), ...topics.queues],
    ({ queueName }) => queueName,
  );
  const tables = unique(
    app.ofType('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').map(tableModel),
    ({ tableName }) => tableName,
  );
  const buckets = unique(app.ofType('AWS::S3::Bucket').map(bucketModel), ({ bucketName }) => bucketName);
  const mappings = eventSources(app, { queues: queues.models, tables: tables.models, functionIds });
  const apis = apiModels(app, functionIds);
  const domains = apiDomains(app);
  const chats = chatsIn(functions.models, apis, domains);
  const { main, others: otherApis } = mainApis(apis, chats[0]);
  const scans = scanModels(app, functionIds);
  const outputs = app.outputs();
  const ownParameters = Object.fromEntries(
    app
      .ofType('AWS::SSM::Parameter')
      .map(({ identity }) => [identity.ref, identity.attributes['Value'] ?? '']),
  );
  const allWarnings = [
    ...leftOutWarnings(app.unread()),
    ...[warnings, topics.warnings, scans.warnings, all.warnings, mappings.warnings, apis.warnings].flat(),
    ...[functions, queues, tables, buckets].flatMap((each) => each.warnings),
    ...app.warnings(),
  ];
  return {
    otherApis,
    hasChat: chats.length > 0,
    at(origins) {
      const socketIds = new Set(apis.webSocketApis.map(({ apiId }) => apiId));
      const parameters = { ...ownParameters, ...origins.parameters };
      const here = { ...origins, parameters };
      const rewrite = <T>(value: T): T =>
        rewriteTexts(value, (text) => rewriteUrls(text, here, socketIds, domains)) as T;
      const opened = localized(
        { functions: functions.models, buckets: buckets.models, httpApis: apis.httpApis },
        chats,
        origins.issuer,
      );
      const isMain = ({ apiId }: { readonly apiId: string }) =>
        main.httpApis.some((api) => api.apiId === apiId);
      const httpApis = rewrite(opened.httpApis);
      return {
        functions: rewrite(opened.functions),
        tables: tables.models,
        queues: queues.models,
        topics: topics.models,
        buckets: opened.buckets,
        scans: scans.models,
        eventSources: [...mappings.queues, ...topics.eventSources],
        streamSources: mappings.streams,
        webSocketApis: main.webSocketApis,
        httpApis: httpApis.filter(isMain),
        otherApis: otherApis.map((api) => httpApis.find(({ apiId }) => apiId === api.apiId) ?? api),
        parameters: rewrite(ownParameters),
        tokens: chats.map(({ audience, userIdClaim, rolesClaim }) => ({ audience, userIdClaim, rolesClaim })),
        outputs: rewrite(outputs),
        warnings: allWarnings,
      };
    },
  };
}

/** The mappings that run here, and a line for each that doesn't. */
function eventSources(app: ResolvedApp, parts: EventSourceParts) {
  const warnings: string[] = [];
  const models = app.ofType('AWS::Lambda::EventSourceMapping').flatMap((resource) => {
    try {
      return [eventSourceModel(resource, parts)];
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      warnings.push(`${error.message} It is left out.`);
      return [];
    }
  });
  return {
    queues: models.filter((model): model is EventSourceModel => 'queueName' in model),
    streams: models.filter((model): model is StreamSourceModel => 'table' in model),
    warnings,
  };
}

/** Names that an app gives itself may be there twice, which AWS refuses. */
function unique<Model extends { readonly logicalId: string }>(
  models: readonly Model[],
  nameOf: (model: Model) => string,
) {
  const byName = new Map<string, Model>();
  const warnings: string[] = [];
  for (const model of models) {
    const name = nameOf(model);
    const first = byName.get(name);
    if (first === undefined) byName.set(name, model);
    else
      warnings.push(
        `${model.logicalId} is left out: it has the name of ${first.logicalId}, "${name}", so its deployment will fail.`,
      );
  }
  return { models: [...byName.values()], warnings };
}

function rewriteTexts(value: unknown, rewrite: (text: string) => string): unknown {
  if (typeof value === 'string') return rewrite(value);
  if (Array.isArray(value)) return value.map((item) => rewriteTexts(item, rewrite));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewriteTexts(item, rewrite)]));
}
