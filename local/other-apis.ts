import { Gateway } from './gateway/server.ts';
import type { Invoker, OtherApi, StackModel, WebSocketApiModel } from './model.ts';

/** Gateways of the APIs that are not the chat's: each has a port of its own, as each has a host of its own on AWS. */
export interface OtherApis {
  /** By API id. */
  readonly origins: ReadonlyMap<string, string>;
  readonly served: readonly ServedApi[];
  serve(stack: Pick<StackModel, 'otherApis' | 'functions'>, invoker: Invoker): void;
}

export interface ServedApi {
  readonly name: string;
  readonly url: string;
}

/** @param firstPort of the first API; the others have the next ones. A port that is taken, or 0, is any free one */
export async function startOtherApis(
  apis: readonly OtherApi[],
  firstPort: number,
  warn: (message: string) => void,
  cleanups: AsyncDisposableStack,
): Promise<OtherApis> {
  const gateways = new Map<string, Gateway>();
  const origins = new Map<string, string>();
  for (const [index, { apiId }] of apis.entries()) {
    const gateway = new Gateway({ log: { warn } });
    const port = await gateway.listen(firstPort === 0 ? 0 : firstPort + index).catch(() => gateway.listen(0));
    cleanups.defer(() => gateway.close());
    gateways.set(apiId, gateway);
    origins.set(apiId, `http://127.0.0.1:${port}`);
  }
  return {
    origins,
    served: apis.map((api) => ({ name: api.name, url: urlOf(api, origins.get(api.apiId) ?? '') })),
    serve: ({ otherApis, functions }, invoker) => {
      for (const model of otherApis)
        gateways.get(model.apiId)?.serve({
          webSocketApis: isWebSocket(model) ? [model] : [],
          httpApis: isWebSocket(model) ? [] : [model],
          invoker,
          callers: functions,
        });
    },
  };
}

function isWebSocket(api: OtherApi): api is WebSocketApiModel {
  return 'routeSelectionExpression' in api;
}

function urlOf(api: OtherApi, origin: string): string {
  const base = isWebSocket(api) ? origin.replace(/^http/, 'ws') : origin;
  return api.stage === '$default' ? base : `${base}/${api.stage}`;
}
