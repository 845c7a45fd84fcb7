import type { ApiDomainModel } from '../model.ts';
import type { ResolvedApp } from './resources.ts';
import { reader } from './template.ts';

/** The names that the template gives its APIs. */
export function apiDomains(app: ResolvedApp): readonly ApiDomainModel[] {
  // Requested, so that it is not said to be left out.
  app.ofType('AWS::ApiGatewayV2::DomainName');
  return app.ofType('AWS::ApiGatewayV2::ApiMapping').map((mapping) => {
    const read = reader(mapping);
    return { name: read.text('DomainName'), apiId: read.text('ApiId'), stage: read.text('Stage') };
  });
}
