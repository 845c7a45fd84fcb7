import { isRecord, parseJson } from '../json.ts';
import type { WebSocketApiModel, WebSocketRouteModel } from '../model.ts';

const RESERVED_ROUTES = new Set(['$connect', '$disconnect', '$default']);

/** Undefined if the API has neither a route of that key nor `$default`. */
export type RouteSelector = (body: string) => WebSocketRouteModel | undefined;

/**
 * Selects the route of a message: the value at the selection expression's place in a JSON body, else `$default`.
 * A client can't reach the reserved routes by name.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
 */
export function routeSelector(api: WebSocketApiModel): RouteSelector {
  const path = parseSelectionExpression(api.routeSelectionExpression);
  const routes = new Map(api.routes.map((route) => [route.routeKey, route]));
  return (body) => {
    const key = valueAt(path, parseJson(body));
    const isReachable = typeof key === 'string' && !RESERVED_ROUTES.has(key);
    return (isReachable ? routes.get(key) : undefined) ?? routes.get('$default');
  };
}

/** `$request.body.action` or `${request.body.action}`: the only kind of expression a WebSocket API may have. */
function parseSelectionExpression(expression: string): string[] {
  const plain = expression.replace(/^\$\{(.+)\}$/, '$$$1');
  const path = /^\$request\.body\.([\w.]+)$/.exec(plain)?.[1];
  if (path === undefined) throw new Error(`Route selection expression is not supported: ${expression}`);
  return path.split('.');
}

function valueAt(path: readonly string[], body: unknown): unknown {
  let value = body;
  for (const field of path) {
    value = isRecord(value) && Object.hasOwn(value, field) ? value[field] : undefined;
  }
  return value;
}
