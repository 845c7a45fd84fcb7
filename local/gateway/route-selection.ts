import { parseJson, recordOf } from '../json.ts';
import type { WebSocketApiModel, WebSocketRouteModel } from '../model.ts';

const RESERVED_ROUTES = new Set(['$connect', '$disconnect', '$default']);

/** Undefined if the API has neither a route of that key nor `$default`. */
export type RouteSelector = (body: string) => WebSocketRouteModel | undefined;

/**
 * Selects the route of a message: the field of a JSON body that the selection expression names, else `$default`.
 * A client can't reach the reserved routes by name.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
 */
export function routeSelector({ routeSelectionExpression, routes }: WebSocketApiModel): RouteSelector {
  const field = /^\$request\.body\.(\w+)$/.exec(routeSelectionExpression)?.[1];
  if (field === undefined) {
    throw new Error(`Route selection expression is not supported: ${routeSelectionExpression}`);
  }
  const byKey = new Map(routes.map((route) => [route.routeKey, route]));
  return (body) => {
    const message = recordOf(parseJson(body));
    const key = Object.hasOwn(message, field) ? message[field] : undefined;
    const isReachable = typeof key === 'string' && !RESERVED_ROUTES.has(key);
    return (isReachable ? byKey.get(key) : undefined) ?? byKey.get('$default');
  };
}
