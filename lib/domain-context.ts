import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { ContextReader } from './context-reader.ts';
import type { DomainProps } from './domain-props.ts';

/**
 * Reads the names of the APIs: `domainName`, `webSocketDomainName`, `certificateArn`, and `hostedZoneId`, texts; `keepDefaultName`, `true`
 * or `false`.
 * @param scope of the certificate and the zone
 */
export function domainIn(context: ContextReader, scope: Construct): DomainProps {
  const name = context.text('domainName');
  const webSocketName = context.text('webSocketDomainName');
  const certificateArn = context.arn('certificateArn', 'acm');
  const zoneId = context.text('hostedZoneId');
  const keepDefaultName = context.flag('keepDefaultName');
  if (name === undefined || webSocketName === undefined || certificateArn === undefined) {
    const given = [name, webSocketName, certificateArn, zoneId, keepDefaultName];
    // A malformed value would be told to be missing.
    if (context.faults.length === 0 && given.some((value) => value !== undefined))
      context.faults.push('domainName, webSocketDomainName, and certificateArn need each other');
    return {};
  }
  const certificate = Certificate.fromCertificateArn(scope, 'DomainCertificate', certificateArn);
  const hostedZone =
    zoneId === undefined ? undefined : HostedZone.fromHostedZoneId(scope, 'DomainZone', zoneId);
  return { domain: { name, webSocketName, certificate, hostedZone, keepDefaultName } };
}
