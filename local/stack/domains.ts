import type { ResolvedApp } from './resources.ts';
import { reader } from './template.ts';

/** A name of the operator's for a stage of an API, at whose root the stage is. */
export interface ApiDomainModel {
  readonly name: string;
  readonly apiId: string;
  readonly stage: string;
}

/** The names that the template gives its APIs. */
export function apiDomains(app: ResolvedApp): readonly ApiDomainModel[] {
  // Requested, so that it is not said to be left out.
  app.ofType('AWS::ApiGatewayV2::DomainName');
  return app.ofType('AWS::ApiGatewayV2::ApiMapping').map((mapping) => {
    const read = reader(mapping);
    return { name: read.text('DomainName'), apiId: read.text('ApiId'), stage: read.text('Stage') };
  });
}
