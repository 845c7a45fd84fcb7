import type { AssemblyStack } from './assembly.ts';
import { linkStacks, type StackScope } from './stack-scope.ts';
import { type Resource, TemplateError } from './template.ts';

/** The resources of all stacks of an app, resolved on request, and the outputs. */
export interface ResolvedApp {
  /** Leaves out what can't be resolved, with a warning. */
  ofType(...types: string[]): readonly Resource[];
  /** Resources of types that were never requested. */
  unread(): readonly Pick<Resource, 'logicalId' | 'type'>[];
  /** Path of the asset with this S3 key. */
  assetPath(s3Key: string): string | undefined;
  /** A line for each resource or output that could not be resolved. */
  warnings(): readonly string[];
  /** By name; with the stack's name before it if another stack of the app has the same. */
  outputs(): Readonly<Record<string, string>>;
}

/**
 * Resolves the stacks of an app, with the references between them. Resolves a resource's properties only when its type is
 * requested, so an unsupported intrinsic in an ignored resource does no harm.
 */
export function resolveApp(stacks: readonly AssemblyStack[]): ResolvedApp {
  const scopes = linkStacks(stacks);
  const idOf = namer(scopes, ({ stack }) => Object.keys(stack.template.Resources));
  const outputName = namer(scopes, ({ outputNames, isNested }) => (isNested ? [] : outputNames));
  const warnings = new Set<string>();
  const attempt = <T>(resolve: () => T): readonly T[] => {
    try {
      return [resolve()];
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      warnings.add(`${error.message} It is left out.`);
      return [];
    }
  };
  const resources = scopes.flatMap((scope) =>
    attempt(() => scope.resources).flatMap((own) =>
      own.map(([logicalId, { Type }]) => ({ scope, logicalId, id: idOf(scope, logicalId), type: Type })),
    ),
  );
  const read = new Set<string>();
  return {
    ofType: (...types) => {
      for (const type of types) read.add(type);
      return resources
        .filter(({ type }) => types.includes(type))
        .flatMap(({ scope, logicalId, id, type }) =>
          attempt(() => ({
            logicalId: id,
            type,
            properties: scope.properties(logicalId),
            identity: scope.identity(logicalId),
          })),
        );
    },
    unread: () =>
      resources.filter(({ type }) => !read.has(type)).map(({ id, type }) => ({ logicalId: id, type })),
    assetPath: (s3Key) =>
      scopes.map(({ stack }) => stack.assetPath(s3Key)).find((path) => path !== undefined),
    warnings: () => [...warnings],
    outputs: () =>
      Object.fromEntries(
        scopes
          .filter(({ isNested }) => !isNested)
          .flatMap((scope) =>
            scope.outputNames.flatMap((name) =>
              attempt(() => [outputName(scope, name), String(scope.output(name))] as const),
            ),
          ),
      ),
  };
}

/** Puts a stack's name before a name that several stacks have. */
function namer(scopes: readonly StackScope[], namesIn: (scope: StackScope) => readonly string[]) {
  const counts = new Map<string, number>();
  for (const name of scopes.flatMap(namesIn)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return ({ stack }: StackScope, name: string) =>
    (counts.get(name) ?? 0) > 1 ? `${stack.name}-${name}` : name;
}
