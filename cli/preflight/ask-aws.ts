import { STSClient } from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../../client/src/admin/sha256.ts';
import { parseJson, recordOf } from '../../local/json.ts';
import { patience } from './check.ts';

/** A question to a service of AWS for which the package has no client: each would be megabytes in every installation. */
export interface Question {
  /** In the name of its endpoint, and in the signature. */
  readonly service: string;
  /** @default - the endpoint and the region of the configuration */
  readonly global?: { readonly host: string; readonly region: string };
  readonly path?: string;
  /** The operation of a service with JSON, and its input. Without it: a GET. */
  readonly operation?: { readonly target: string; readonly input: object };
}

/** @returns the body of the answer @throws {Error} with the name and the message of AWS's refusal */
export async function askAws({ service, global, path = '/', operation }: Question): Promise<string> {
  const { credentials, region: configured } = new STSClient({}).config;
  const region = global?.region ?? (await configured());
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256 });
  const host = global?.host ?? `${service}.${region}.amazonaws.com`;
  const { origin, hostname, port } = new URL(process.env['AWS_ENDPOINT_URL'] ?? `https://${host}`);
  const request = {
    protocol: 'https:',
    hostname,
    path,
    method: operation === undefined ? 'GET' : 'POST',
    headers: {
      host: port === '' ? hostname : `${hostname}:${port}`,
      ...(operation && {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': operation.target,
      }),
    },
    body: operation && JSON.stringify(operation.input),
  };
  const { headers } = await signer.sign(request);
  // `fetch` sets it itself.
  const { host: _, ...others } = headers;
  const answer = await fetch(origin + path, {
    method: request.method,
    headers: others,
    ...(request.body !== undefined && { body: request.body }),
    signal: patience().abortSignal,
  }).catch((error: unknown) => {
    // What it says is that it failed; the cause has the reason.
    throw Object(error).cause ?? error;
  });
  const text = await answer.text();
  if (!answer.ok) throw refusalOf(text);
  return text;
}

function refusalOf(text: string): Error {
  const { __type, message, Message } = recordOf(parseJson(text));
  const error = new Error(String(message ?? Message ?? elementOf(text, 'Message') ?? text));
  error.name = String(__type ?? elementOf(text, 'Code') ?? 'Error').replace(/^.*#/, '');
  return error;
}

/** The text of the first such element of XML. */
export function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

/** The region of the configuration, if this ARN is of another. */
export async function foreignRegion(arn: string): Promise<string | undefined> {
  const region = await new STSClient({}).config.region();
  return arn.split(':')[3] === region ? undefined : region;
}
