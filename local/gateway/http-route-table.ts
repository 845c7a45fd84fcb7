import type { HttpRouteModel } from '../model.ts';

export interface RouteMatch {
  readonly route: HttpRouteModel;
  /** `GET /conversations/{conversationId}/messages` or `$default` */
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable' | 'greedy'; readonly name: string };

const RANK_OF_KIND = { literal: 0, variable: 1, greedy: 2 } as const;

interface Row {
  readonly route: HttpRouteModel;
  readonly segments: readonly Segment[];
}

/**
 * The routes of an HTTP API, the best match first: full matches before greedy ones, a method before `ANY`,
 * `$default` last.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export class HttpRouteTable {
  readonly #rows: readonly Row[];
  readonly #defaultRoute: HttpRouteModel | undefined;

  constructor(routes: readonly HttpRouteModel[]) {
    this.#defaultRoute = routes.find(({ path }) => path === '$default');
    this.#rows = routes
      .filter(({ path }) => path !== '$default')
      .map((route) => ({ route, segments: parsePath(route.path) }))
      .sort(bySpecificity);
  }

  /** `path` is decoded: `%2F` separates like `/`, as it does on AWS. */
  match(method: string, path: string): RouteMatch | undefined {
    const parts = path.replace(/^\//, '').split('/');
    for (const { route, segments } of this.#rows) {
      if (route.method !== 'ANY' && route.method !== method) continue;
      const pathParameters = matchSegments(segments, parts);
      if (pathParameters === undefined) continue;
      return { route, routeKey: `${route.method} ${route.path}`, pathParameters };
    }
    const route = this.#defaultRoute;
    return route === undefined ? undefined : { route, routeKey: '$default', pathParameters: {} };
  }
}

function parsePath(path: string): Segment[] {
  return path
    .replace(/^\//, '')
    .split('/')
    .map((text) => {
      const [, name, plus] = /^\{([^}+]+)(\+?)\}$/.exec(text) ?? [];
      if (name === undefined) return { kind: 'literal', text };
      return { kind: plus === '+' ? 'greedy' : 'variable', name };
    });
}

function bySpecificity(left: Row, right: Row): number {
  for (const [index, segment] of left.segments.entries()) {
    const other = right.segments[index];
    if (other === undefined) break;
    const difference = RANK_OF_KIND[segment.kind] - RANK_OF_KIND[other.kind];
    if (difference !== 0) return difference;
  }
  return Number(left.route.method === 'ANY') - Number(right.route.method === 'ANY');
}

function matchSegments(
  segments: readonly Segment[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const parameters: [string, string][] = [];
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if (part === undefined) return undefined;
    if (segment.kind === 'greedy') {
      const rest = parts.slice(index).join('/');
      return rest === '' ? undefined : Object.fromEntries([...parameters, [segment.name, rest]]);
    }
    if (segment.kind === 'literal' ? segment.text !== part : part === '') return undefined;
    if (segment.kind === 'variable') parameters.push([segment.name, part]);
  }
  return parts.length === segments.length ? Object.fromEntries(parameters) : undefined;
}
