import type { HttpRouteModel } from '../model.ts';

export interface RouteMatch {
  readonly route: HttpRouteModel;
  /** `GET /conversations/{conversationId}/messages` */
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface Row {
  readonly route: HttpRouteModel;
  readonly segments: readonly string[];
}

/** `{name}`, or `{name+}`, which takes the rest of the path. */
const VARIABLE = /^\{([^}+]+)(\+?)\}$/;

/**
 * The routes of an HTTP API: "full match for a route and method, match for a route and method with a greedy path variable, the
 * $default route".
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export class HttpRouteTable {
  readonly #rows: readonly Row[];
  readonly #default: HttpRouteModel | undefined;

  constructor(routes: readonly HttpRouteModel[]) {
    this.#default = routes.find(({ path }) => path === undefined);
    this.#rows = routes
      .flatMap((route) => (route.path === undefined ? [] : [{ route, segments: segmentsOf(route.path) }]))
      .toSorted((left, right) => (rankOf(left) < rankOf(right) ? -1 : 1));
  }

  /** @param path decoded: `%2F` separates segments, as on AWS */
  match(method: string, path: string): RouteMatch | undefined {
    const parts = segmentsOf(path);
    for (const { route, segments } of this.#rows) {
      const fits = route.method === method || route.method === 'ANY';
      const pathParameters = fits ? parametersIn(segments, parts) : undefined;
      if (pathParameters !== undefined)
        return { route, routeKey: `${route.method} ${route.path}`, pathParameters };
    }
    return this.#default && { route: this.#default, routeKey: '$default', pathParameters: {} };
  }
}

/** Literal segments come before variables, these before greedy ones, and a method before `ANY`. */
function rankOf({ route, segments }: Row): string {
  const kinds = segments.map((segment) => {
    const [, name, greedy] = VARIABLE.exec(segment) ?? [];
    if (name === undefined) return '0';
    return greedy === '+' ? '2' : '1';
  });
  return `${kinds.includes('2') ? 1 : 0}${kinds.join('')}${route.method === 'ANY' ? 1 : 0}`;
}

function segmentsOf(path: string): readonly string[] {
  return path.replace(/^\//, '').split('/');
}

function parametersIn(
  segments: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const isGreedy = VARIABLE.exec(segments.at(-1) ?? '')?.[2] === '+';
  if (isGreedy ? parts.length < segments.length : parts.length !== segments.length) return undefined;
  const parameters: [string, string][] = [];
  for (const [index, segment] of segments.entries()) {
    const [, name, greedy] = VARIABLE.exec(segment) ?? [];
    const part = greedy === '+' ? parts.slice(index).join('/') : (parts[index] ?? '');
    if (name === undefined ? part !== segment : part === '') return undefined;
    if (name !== undefined) parameters.push([name, part]);
  }
  return Object.fromEntries(parameters);
}
