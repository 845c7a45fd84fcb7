import { asyncApi } from './asyncapi.ts';
import { openApi } from './openapi.ts';

/** The text of each generated document, by path. */
export function apiDocuments(): Readonly<Record<string, string>> {
  return {
    'docs/api/openapi.json': asText(openApi()),
    'docs/api/asyncapi.json': asText(asyncApi()),
  };
}

const asText = (document: object) => `${JSON.stringify(document, null, 2)}\n`;
