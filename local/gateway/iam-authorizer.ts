import { createHash, timingSafeEqual } from 'node:crypto';
import { Sha256Node } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { matchesPattern } from '../iam-pattern.ts';
import type { FunctionModel, Permission } from '../model.ts';
import { ACCOUNT_ID, REGION } from '../stack/identifiers.ts';
import { type RequestFacts, valuesByName } from './request-facts.ts';

/** `requestContext.authorizer.iam` of a caller that is no Cognito identity, and in no organization. */
export interface IamIdentity {
  readonly accessKey: string;
  readonly accountId: string;
  readonly callerId: string;
  readonly cognitoIdentity: null;
  readonly principalOrgId: null;
  readonly userArn: string;
  readonly userId: string;
}

/** The operator of this machine, who may call every route, as one with `grantAdmin` may. */
const KEY = { accessKeyId: 'local', secretAccessKey: 'local' };
const USER_ID = 'AIDALOCALLOCALLOCAL00';
const LOCAL_USER: IamIdentity = {
  accessKey: KEY.accessKeyId,
  accountId: ACCOUNT_ID,
  callerId: USER_ID,
  cognitoIdentity: null,
  principalOrgId: null,
  userArn: `arn:aws:iam::${ACCOUNT_ID}:user/local`,
  userId: USER_ID,
};
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html */
const MAX_SKEW_MS = 5 * 60_000;
const SERVICE = 'execute-api';

/** A function, whose access key is its logical id. It may call what its role allows. */
export type IamCaller = Pick<FunctionModel, 'logicalId' | 'name' | 'permissions'>;

/** The signature is computed as the AWS SDKs do, and compared. */
function signerOf(accessKeyId: string): SignatureV4 {
  return new SignatureV4({
    credentials: { ...KEY, accessKeyId },
    region: REGION,
    service: SERVICE,
    sha256: Sha256Node,
    // The header belongs to the signature only if the caller has sent it.
    applyChecksum: false,
  });
}

/**
 * The IAM authorizer of HTTP APIs: verifies the Signature Version 4 of a request. Takes the header `Authorization` only, and no
 * session tokens, since the principals of this machine have long-term keys: the operator, and each function. They are no secret, so a web page is refused, which
 * AWS would not do: any page that is open in a browser here could sign, too.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
 * @param resource of the request: `arn:aws:execute-api:…/GET/admin/users/alice`
 * @param callers the functions of the app
 * @param nowMs the server's time
 * @returns the caller, or `undefined` if the request is refused
 */
export async function callerOf(
  facts: RequestFacts,
  { method, resource, body, callers, nowMs }: IamRequest,
): Promise<IamIdentity | undefined> {
  const headers = joined(facts.headers);
  if (headers.has('origin')) return undefined;
  const claimed = parseAuthorization(headers.get('authorization'));
  const signedAt = parseDate(headers.get('x-amz-date'));
  if (claimed === undefined || signedAt === undefined) return undefined;
  if (Math.abs(nowMs - signedAt.getTime()) > MAX_SKEW_MS) return undefined;
  const [accessKeyId = '', ...scope] = claimed.credential.split('/');
  if (scope.join('/') !== scopeOf(signedAt)) return undefined;
  const caller = callers.find(({ logicalId }) => logicalId === accessKeyId);
  if (caller === undefined && accessKeyId !== KEY.accessKeyId) return undefined;
  if (caller?.permissions && !isAllowed(caller.permissions, resource)) return undefined;
  if (!coversWhatItMust(claimed.signedHeaders, headers)) return undefined;
  const bodyHash = createHash('sha256').update(body).digest('hex');
  // The library takes the caller's word for the hash.
  if ((headers.get('x-amz-content-sha256') ?? bodyHash) !== bodyHash) return undefined;
  const request = new HttpRequest({
    method,
    path: facts.encodedPath,
    query: valuesByName(new URLSearchParams(facts.rawQueryString)),
    headers: Object.fromEntries([...headers].filter(([name]) => claimed.signedHeaders.has(name))),
    body,
  });
  const signed = await signerOf(accessKeyId).sign(request, {
    signingDate: signedAt,
    signableHeaders: new Set(claimed.signedHeaders),
  });
  const expected = parseAuthorization(signed.headers['authorization']);
  if (!isEqual(claimed.signature, expected?.signature ?? '')) return undefined;
  return caller === undefined ? LOCAL_USER : identityOf(caller);
}

export interface IamRequest {
  readonly method: string;
  readonly resource: string;
  readonly body: Buffer;
  readonly callers: readonly IamCaller[];
  readonly nowMs: number;
}

function isAllowed(permissions: readonly Permission[], resource: string): boolean {
  return permissions.some(
    ({ actions, resources }) =>
      actions.some((pattern) => matchesPattern(pattern, 'execute-api:Invoke')) &&
      resources.some((pattern) => matchesPattern(pattern, resource)),
  );
}

/** As Lambda assumes a role: the session has the function's name. */
function identityOf({ logicalId, name }: IamCaller): IamIdentity {
  const userId = `AROALOCALLOCALLOCAL00:${name}`;
  const userArn = `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${name}/${name}`;
  return { ...LOCAL_USER, accessKey: logicalId, callerId: userId, userArn, userId };
}

interface Authorization {
  readonly credential: string;
  readonly signedHeaders: ReadonlySet<string>;
  readonly signature: string;
}

function parseAuthorization(header = ''): Authorization | undefined {
  const [, credential, names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^\s,]+), ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    ) ?? [];
  if (credential === undefined || signature === undefined) return undefined;
  return { credential, signedHeaders: new Set(names.split(';')), signature };
}

/** `20261128T210000Z` */
function parseDate(text = ''): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1);
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function scopeOf(date: Date): string {
  return `${date.toISOString().slice(0, 10).replaceAll('-', '')}/${REGION}/${SERVICE}/aws4_request`;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html: the host, and every `x-amz-` header. */
function coversWhatItMust(signedHeaders: ReadonlySet<string>, headers: ReadonlyMap<string, string>): boolean {
  const must = [...headers.keys()].filter((name) => name === 'host' || name.startsWith('x-amz-'));
  // There are no sessions of roles here.
  if (headers.has('x-amz-security-token')) return false;
  return (
    must.every((name) => signedHeaders.has(name)) && [...signedHeaders].every((name) => headers.has(name))
  );
}

function joined(headers: RequestFacts['headers']): ReadonlyMap<string, string> {
  const lowerCased = headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  return new Map(Object.entries(valuesByName(lowerCased)).map(([name, values]) => [name, values.join(',')]));
}

function isEqual(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
