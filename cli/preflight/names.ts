import { recordOf } from '../../local/json.ts';
import { askAws, elementOf, foreignRegion } from './ask-aws.ts';
import type { Deployment, Verdict } from './check.ts';
import { type Context, textIn } from './context.ts';
import { nameOf } from './unknown.ts';

function fails(text: string): Verdict {
  return { finding: 'fails', text };
}

/** The names of the APIs that the context has. */
function namesIn(context: Context): readonly string[] {
  return ['domainName', 'webSocketDomainName'].flatMap((key) => textIn(context, key) ?? []);
}

/**
 * The certificate of the names: there, issued, of this region, and for both of them.
 * https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html
 */
export async function certificate({ context }: Deployment): Promise<Verdict | undefined> {
  const CertificateArn = textIn(context, 'certificateArn');
  if (CertificateArn === undefined) return undefined;
  const region = await foreignRegion(CertificateArn);
  if (region !== undefined)
    return fails(`certificateArn is of another region: request a certificate in ${region}`);
  const operation = { target: 'CertificateManager.DescribeCertificate', input: { CertificateArn } };
  const answer = await found(askAws({ service: 'acm', operation }), 'ResourceNotFoundException');
  if (answer === undefined) return fails(`certificateArn names no certificate of ACM: ${CertificateArn}`);
  const {
    Status,
    DomainName,
    SubjectAlternativeNames = [],
  } = recordOf(recordOf(JSON.parse(answer))['Certificate']);
  if (Status === 'PENDING_VALIDATION')
    return fails('the certificate waits for its validation: add the CNAME records that ACM names for it');
  if (Status !== 'ISSUED') return fails(`the certificate is ${Status}: request another`);
  const covered = [DomainName, ...(SubjectAlternativeNames as readonly unknown[])].map(String);
  const bare = namesIn(context).filter((name) => !covered.some((pattern) => covers(pattern, name)));
  if (bare.length > 0)
    return fails(`the certificate is for ${[...new Set(covered)].join(', ')}, not for ${bare.join(', ')}`);
  return { finding: 'ok', text: `issued for ${[...new Set(covered)].join(', ')}` };
}

/** A star stands for one label. */
function covers(pattern: string, name: string): boolean {
  return pattern === name || (pattern.startsWith('*.') && name.replace(/^[^.]+/, '*') === pattern);
}

/**
 * The zone that gets the records of the names: there, public, and theirs.
 * https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html
 */
export async function hostedZone({ context }: Deployment): Promise<Verdict | undefined> {
  const id = textIn(context, 'hostedZoneId');
  if (id === undefined) return undefined;
  const path = `/2013-04-01/hostedzone/${encodeURIComponent(id)}`;
  const global = { host: 'route53.amazonaws.com', region: 'us-east-1' };
  const xml = await found(askAws({ service: 'route53', global, path }), 'NoSuchHostedZone');
  if (xml === undefined) return fails(`hostedZoneId names no zone of this account: ${id}`);
  const zone = (elementOf(xml, 'Name') ?? '').replace(/\.$/, '');
  const strange = namesIn(context).filter((name) => name !== zone && !name.endsWith(`.${zone}`));
  if (strange.length > 0) return fails(`the zone is ${zone}, which ${strange.join(', ')} is not in`);
  if (elementOf(xml, 'PrivateZone') === 'true')
    return {
      finding: 'mind',
      text: `${zone} is a private zone: clients outside its networks won't find the names`,
    };
  return { finding: 'ok', text: zone };
}

/**
 * The key of all data: there, enabled, symmetric, and of this region. Its policy is not looked at.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
 */
export async function kmsKey({ context }: Deployment): Promise<Verdict | undefined> {
  const KeyId = textIn(context, 'kmsKeyArn');
  if (KeyId === undefined) return undefined;
  const region = await foreignRegion(KeyId);
  if (region !== undefined) return fails(`kmsKeyArn is of another region: name a key of ${region}`);
  const operation = { target: 'TrentService.DescribeKey', input: { KeyId } };
  const answer = await found(askAws({ service: 'kms', operation }), 'NotFoundException');
  if (answer === undefined) return fails(`kmsKeyArn names no key of KMS: ${KeyId}`);
  const { KeyState, KeySpec } = recordOf(recordOf(JSON.parse(answer))['KeyMetadata']);
  if (KeyState !== 'Enabled')
    return fails(`the key is ${KeyState}: enable it (aws kms enable-key), or name another`);
  if (KeySpec !== 'SYMMETRIC_DEFAULT') return fails(`the key is ${KeySpec}: tables take symmetric keys only`);
  return { finding: 'ok', text: 'enabled; its policy must let CloudWatch Logs use it (docs/security.md)' };
}

/** Undefined if AWS refuses by this name. */
async function found(asked: Promise<string>, missing: string): Promise<string | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (nameOf(error) === missing) return undefined;
    throw error;
  }
}
