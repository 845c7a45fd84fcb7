import type {
  ApiDomainModel,
  BucketModel,
  CorsModel,
  CorsRule,
  FunctionModel,
  HttpApiModel,
  StackModel,
} from '../model.ts';
import type { Apis } from './apis.ts';

/** One `ServerlessIm` of an app, found by the variables of its functions. */
export interface Chat {
  /** The issuer that a deployment trusts. */
  readonly issuer: string;
  readonly audience: string;
  readonly userIdClaim: string;
  readonly rolesClaim: string;
  readonly webSocketApiId: string;
  readonly httpApiId: string | undefined;
  readonly attachmentBucket: string | undefined;
}

/**
 * The chats of an app, in the order of their WebSocket APIs.
 * @param domains names of the operator's for the APIs
 */
export function chatsIn(
  functions: readonly FunctionModel[],
  { webSocketApis, httpApis }: Apis,
  domains: readonly ApiDomainModel[],
): readonly Chat[] {
  const environmentOf = (functionId: string | undefined) =>
    functions.find(({ logicalId }) => logicalId === functionId)?.environment ?? {};
  return webSocketApis.flatMap(({ apiId, routes }): Chat[] => {
    const connect = routes.find(({ routeKey }) => routeKey === '$connect');
    const { ISSUER: issuer, AUDIENCE: audience = '', ...claims } = environmentOf(connect?.authorizerId);
    if (issuer === undefined) return [];
    const names = domains.filter((domain) => domain.apiId === apiId).map(({ name }) => `//${name}`);
    const own = functions.filter(({ environment }) =>
      [`//${apiId}.`, ...names].some((host) => environment['WEBSOCKET_URL']?.includes(host)),
    );
    const ownIds = own.map(({ logicalId }) => logicalId);
    const httpApi = httpApis.find((api) => api.routes.some(({ functionId }) => ownIds.includes(functionId)));
    const buckets = own.flatMap(({ environment }) => environment['ATTACHMENT_BUCKET'] ?? []);
    return [
      {
        ...{ issuer, audience, webSocketApiId: apiId, httpApiId: httpApi?.apiId },
        userIdClaim: claims['USER_ID_CLAIM'] ?? 'sub',
        rolesClaim: claims['ROLES_CLAIM'] ?? 'cognito:groups',
        attachmentBucket: buckets[0],
      },
    ];
  });
}

type Local = Pick<StackModel, 'functions' | 'buckets' | 'httpApis'>;

/**
 * What differs from the deployment: the chats of this machine trust the dev issuer instead of theirs, and pages of any origin.
 * Functions and routes of the app that name a chat's issuer trust it, too.
 */
export function localized(stack: Local, chats: readonly Chat[], devIssuer: string): Local {
  const issuers = new Set(chats.map(({ issuer }) => issuer));
  const isOf = (key: 'httpApiId' | 'attachmentBucket', id: string) => chats.some((chat) => chat[key] === id);
  return {
    functions: stack.functions.map((model) => trusting(model, issuers, devIssuer)),
    buckets: stack.buckets.map((model) => (isOf('attachmentBucket', model.bucketName) ? open(model) : model)),
    httpApis: stack.httpApis.map((model) => {
      const routes = model.routes.map((route) =>
        route.authorizer && issuers.has(route.authorizer.issuer)
          ? { ...route, authorizer: { ...route.authorizer, issuer: devIssuer } }
          : route,
      );
      const cors = { ...(model.cors ?? CORS), allowOrigins: ['*'] };
      return { ...model, routes, ...(isOf('httpApiId', model.apiId) && { cors }) };
    }),
  };
}

function trusting(model: FunctionModel, issuers: ReadonlySet<string>, devIssuer: string): FunctionModel {
  const { environment } = model;
  const named = Object.entries(environment).map(
    ([name, value]) => [name, issuers.has(value) ? devIssuer : value] as const,
  );
  const isChats = issuers.has(environment['ISSUER'] ?? '') && environment['JWKS_URI'] !== undefined;
  // The dev issuer's discovery document names its keys.
  const own = { JWKS_URI: '', ...(environment['ALLOWED_ORIGINS'] !== undefined && { ALLOWED_ORIGINS: '*' }) };
  return { ...model, environment: { ...Object.fromEntries(named), ...(isChats && own) } };
}

/** As the construct makes it for an origin; without one it makes none. */
const CORS: CorsModel = {
  allowOrigins: [],
  allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowHeaders: ['authorization', 'content-type'],
  maxAgeSeconds: 3_600,
};
const BUCKET_CORS: CorsRule = {
  allowedOrigins: ['*'],
  allowedMethods: ['POST', 'GET', 'HEAD'],
  allowedHeaders: ['*'],
  exposedHeaders: ['ETag', 'Content-Length', 'Content-Range'],
  maxAgeSeconds: 3_600,
};

function open(bucket: BucketModel): BucketModel {
  const cors = bucket.cors.map((rule) => ({ ...rule, allowedOrigins: ['*'] }));
  return { ...bucket, cors: cors.length === 0 ? [BUCKET_CORS] : cors };
}

/** The first chat's APIs come first; APIs beside it have ports of their own. */
export function mainApis({ webSocketApis, httpApis }: Apis, chat: Chat | undefined) {
  const isMain = ({ apiId }: Pick<HttpApiModel, 'apiId'>) =>
    chat === undefined || apiId === chat.webSocketApiId || apiId === chat.httpApiId;
  return {
    main: { webSocketApis: webSocketApis.filter(isMain), httpApis: httpApis.filter(isMain) },
    others: [...webSocketApis, ...httpApis].filter((api) => !isMain(api)),
  };
}
