import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** What AWS answers to an operation; a string is the content of an XML result. @default status 200 */
export interface Answer {
  readonly status?: number;
  readonly body: object | string;
}

/** By the name of the operation; of `GetServiceQuota` by its code. */
export type Answers = Readonly<Record<string, Answer>>;

/** An account in which everything is as it should be, as AWS's API references show the answers. */
const GOOD: Answers = {
  GetCallerIdentity: {
    body: '<Arn>arn:aws:iam::123456789012:user/dev</Arn><UserId>AIDA</UserId><Account>123456789012</Account>',
  },
  GetParameter: {
    body: { Parameter: { Name: '/cdk-bootstrap/hnb659fds/version', Type: 'String', Value: '28' } },
  },
  GetParameters: { body: { Parameters: [], InvalidParameters: [] } },
  DescribeStacks: missing('Stack with id ServerlessIm does not exist'),
  GetAccountSettings: {
    body: {
      AccountLimit: { ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: 900 },
      AccountUsage: {},
    },
  },
  GetAccount: { body: { throttleSettings: { burstLimit: 5_000, rateLimit: 10_000 }, features: [] } },
  'GetServiceQuota L-9ED1E49A': quota('L-9ED1E49A', 500),
  'GetServiceQuota L-8A5B8E43': quota('L-8A5B8E43', 10_000),
  DescribeLimits: {
    body: {
      AccountMaxReadCapacityUnits: 80_000,
      AccountMaxWriteCapacityUnits: 80_000,
      TableMaxReadCapacityUnits: 40_000,
      TableMaxWriteCapacityUnits: 40_000,
    },
  },
  'GetServiceQuota L-F98FE922': quota('L-F98FE922', 2_500),
  ListTables: { body: { TableNames: ['one', 'two'] } },
  DescribeCertificate: certificate('ISSUED', ['example.com', '*.example.com']),
  GetHostedZone: zone('example.com.', false),
  DescribeKey: key('Enabled', 'SYMMETRIC_DEFAULT'),
  GetPlatformApplicationAttributes: {
    body: '<Attributes><entry><key>Enabled</key><value>true</value></entry></Attributes>',
  },
};

export function quota(QuotaCode: string, Value: number): Answer {
  return { body: { Quota: { ServiceCode: 'apigateway', QuotaCode, Value, Adjustable: true } } };
}

/** https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html */
export function certificate(Status: string, names: readonly string[]): Answer {
  const [DomainName] = names;
  return { body: { Certificate: { DomainName, SubjectAlternativeNames: names, Status } } };
}

/** https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html */
export function zone(name: string, isPrivate: boolean): Answer {
  const config = `<Config><PrivateZone>${isPrivate}</PrivateZone></Config>`;
  return { body: `<HostedZone><Id>/hostedzone/Z1</Id><Name>${name}</Name>${config}</HostedZone>` };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html */
export function key(KeyState: string, KeySpec: string): Answer {
  return { body: { KeyMetadata: { KeyId: '1', KeyState, KeySpec, Enabled: KeyState === 'Enabled' } } };
}

/** A stack with these outputs. */
export function stack(status: string, outputs: Readonly<Record<string, string>> = {}): Answer {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return {
    body: `<Stacks><member><StackName>ServerlessIm</StackName><StackStatus>${status}</StackStatus><CreationTime>2026-11-29T00:00:00Z</CreationTime><Outputs>${members.join('')}</Outputs></member></Stacks>`,
  };
}

/** As services with JSON and those with XML refuse. */
export function refusal(code: string, message: string, status = 400): Answer {
  return { status, body: { __type: code, message } };
}

function missing(message: string): Answer {
  return refusal('ValidationError', message);
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html */
export function denial(action: string): Answer {
  const who = 'User: arn:aws:iam::123456789012:user/dev';
  return refusal(
    'AccessDeniedException',
    `${who} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
  );
}

/**
 * A server that answers as AWS does, until the test ends.
 * @param onSigned hears the header `Authorization` of each request
 * @returns its URL, for `AWS_ENDPOINT_URL`
 */
export async function fakeAccount(
  answers: Answers = {},
  onSigned: (authorization: string) => void = () => {},
): Promise<string> {
  const server = createServer(async (request, response) => {
    onSigned(String(request.headers.authorization));
    const { name, isXml } = operationOf(request, await text(request));
    const { status = 200, body } = answers[name] ?? GOOD[name] ?? refusal('UnknownOperationException', name);
    response.writeHead(status, {
      'content-type': isXml ? 'text/xml' : 'application/json',
      ...(!isXml &&
        status >= 400 &&
        '__type' in Object(body) && { 'x-amzn-errortype': String(Object(body).__type) }),
    });
    response.end(isXml ? xmlOf(name, body) : JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function operationOf(
  { url, headers }: IncomingMessage,
  body: string,
): { readonly name: string; readonly isXml: boolean } {
  const target = String(headers['x-amz-target'] ?? '').split('.')[1];
  if (target !== undefined) {
    const { QuotaCode } = JSON.parse(body);
    return { name: QuotaCode === undefined ? target : `${target} ${QuotaCode}`, isXml: false };
  }
  const action = new URLSearchParams(body).get('Action');
  if (action !== null) return { name: action, isXml: true };
  if (url?.startsWith('/2013-04-01/hostedzone/')) return { name: 'GetHostedZone', isXml: true };
  return { name: url === '/account' ? 'GetAccount' : 'GetAccountSettings', isXml: false };
}

function xmlOf(operation: string, body: object | string): string {
  // Route 53 has no element for the result.
  if (operation === 'GetHostedZone' && typeof body === 'string')
    return `<GetHostedZoneResponse>${body}</GetHostedZoneResponse>`;
  if (typeof body === 'string')
    return `<${operation}Response><${operation}Result>${body}</${operation}Result></${operation}Response>`;
  const { __type: code, message } = body as { readonly __type: string; readonly message: string };
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
}
