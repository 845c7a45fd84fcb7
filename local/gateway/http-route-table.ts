import type { HttpRouteModel } from '../model.ts';

export interface RouteMatch {
  readonly route: HttpRouteModel;
  /** `GET /conversations/{conversationId}/messages` */
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/**
 * The routes of an HTTP API. Supports what this stack uses: one method each, path variables of one segment.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export class HttpRouteTable {
  readonly #rows: readonly { readonly route: HttpRouteModel; readonly segments: readonly string[] }[];

  constructor(routes: readonly HttpRouteModel[]) {
    // Literal segments match before variables: `{` sorts after every letter.
    const byPath = routes.toSorted((left, right) => (left.path < right.path ? -1 : 1));
    this.#rows = byPath.map((route) => ({ route, segments: segmentsOf(route.path) }));
  }

  /** @param path decoded: `%2F` separates segments, as on AWS */
  match(method: string, path: string): RouteMatch | undefined {
    const parts = segmentsOf(path);
    for (const { route, segments } of this.#rows) {
      const pathParameters = route.method === method ? parametersIn(segments, parts) : undefined;
      if (pathParameters !== undefined)
        return { route, routeKey: `${route.method} ${route.path}`, pathParameters };
    }
    return undefined;
  }
}

function segmentsOf(path: string): readonly string[] {
  return path.replace(/^\//, '').split('/');
}

function parametersIn(
  segments: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  if (parts.length !== segments.length) return undefined;
  const parameters: [string, string][] = [];
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? '';
    const name = /^\{([^}]+)\}$/.exec(segment)?.[1];
    if (name === undefined ? part !== segment : part === '') return undefined;
    if (name !== undefined) parameters.push([name, part]);
  }
  return Object.fromEntries(parameters);
}
