import { ApiMapping, DomainName, type IApi, type IStage, SecurityPolicy } from 'aws-cdk-lib/aws-apigatewayv2';
import { ARecord, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import type { Domain } from './domain-props.ts';

export interface ApiDomainProps extends Pick<Domain, 'certificate' | 'hostedZone'> {
  readonly name: string;
  readonly api: IApi;
  readonly stage: IStage;
}

/** A name of the operator's for one stage of an API, which is at its root. */
export class ApiDomain extends Construct {
  /** Where the name has to lead. */
  readonly target: string;

  constructor(scope: Construct, id: string, { name, certificate, hostedZone, api, stage }: ApiDomainProps) {
    super(scope, id);
    const securityPolicy = SecurityPolicy.TLS_1_2;
    const domainName = new DomainName(this, 'Name', { domainName: name, certificate, securityPolicy });
    const { regionalDomainName, regionalHostedZoneId } = domainName;
    this.target = regionalDomainName;
    new ApiMapping(this, 'Mapping', { api, domainName, stage }).node.addDependency(stage);
    if (hostedZone === undefined) return;
    const target = new ApiGatewayv2DomainProperties(regionalDomainName, regionalHostedZoneId);
    new ARecord(this, 'Address', {
      zone: hostedZone,
      // With the dot at its end it is the whole name.
      recordName: `${name}.`,
      target: RecordTarget.fromAlias(target),
    });
  }
}
