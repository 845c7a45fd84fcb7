import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { grantDeskChange, grantGroupChange } from './grants.ts';
import type { HandlerFunction } from './handler-function.ts';
import type { Grantors, Trigger } from './handler-spec.ts';
import type { ItemAction } from './storage.ts';

/**
 * Time-out of whatever sends a message. Contract: a seq that is in no history after 15 s never will be (IM-SEND-3),
 * since the function that drew it has been cut off by then.
 */
export const SENDER_TIMEOUT_SECONDS = 10;

export const action = (routeKey: string): Trigger => ({ kind: 'action', routeKey });
export const get = (path: string): Trigger => ({ kind: 'http', method: HttpMethod.GET, path });
export const post = (path: string): Trigger => ({ kind: 'http', method: HttpMethod.POST, path });
const httpRoute = (method: HttpMethod, path: string): Trigger => ({ kind: 'http', method, path });
export const nothing = (): void => {};

/** A group's change waits for transactions, one after the other for every 40 members. */
export const groupChange = (
  module: string,
  description: string,
  method: HttpMethod,
  path: string,
  { adds, namesAdmins }: { readonly adds?: true; readonly namesAdmins?: true } = {},
) =>
  ({
    module,
    description,
    trigger: httpRoute(method, path),
    timeoutSeconds: SENDER_TIMEOUT_SECONDS,
    memoryMegabytes: 512,
    settings: ['leaseSeconds', 'historyTtlSeconds', 'userIdClaim', 'allowedOrigins'],
    grant: (fn: HandlerFunction, to: Grantors) => {
      // What overtook an addition is handed out after it.
      if (adds) to.storage.messages.grantQueryBySeq(fn);
      // Who is named must be a member still.
      if (namesAdmins) to.storage.conversations.grant(fn, 'ConditionCheckItem');
      grantGroupChange(fn, to);
    },
  }) as const;

export const groupView = (module: string, description: string, path: string, ...more: ItemAction[]) =>
  ({
    module,
    description,
    trigger: get(path),
    timeoutSeconds: 10,
    memoryMegabytes: 256,
    settings: ['userIdClaim', 'allowedOrigins'],
    grant: (fn: HandlerFunction, { storage }: Grantors) => {
      storage.conversations.grant(fn, 'GetItem', ...more);
    },
  }) as const;

/** An action of the desk; each waits for transactions, and tells those concerned. */
export const deskAction = (
  module: string,
  description: string,
  routeKey: string,
  { namesQueue }: { readonly namesQueue?: true } = {},
) =>
  ({
    part: 'desk',
    module,
    description,
    trigger: action(routeKey),
    timeoutSeconds: SENDER_TIMEOUT_SECONDS,
    memoryMegabytes: 512,
    settings: ['historyTtlSeconds'],
    grant: (fn: HandlerFunction, to: Grantors) => {
      to.storage.routes.grant(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
      if (namesQueue) to.desk?.nameQueues(fn);
      grantDeskChange(fn, to);
    },
  }) as const;

export const deskView = (module: string, description: string, path: string, ...onChats: ItemAction[]) =>
  ({
    part: 'desk',
    module,
    description,
    trigger: get(path),
    timeoutSeconds: 10,
    memoryMegabytes: 256,
    settings: ['userIdClaim', 'rolesClaim', 'allowedOrigins'],
    grant: (fn: HandlerFunction, to: Grantors) => {
      if (onChats.length > 0) to.storage.conversations.grant(fn, ...onChats);
      to.desk?.store.grant(fn, 'Query');
      to.desk?.nameQueues(fn);
    },
  }) as const;
