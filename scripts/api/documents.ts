import { openApi } from './openapi.ts';

/** The text of each generated document, by path. */
export function apiDocuments(): Readonly<Record<string, string>> {
  return {
    'docs/api/openapi.json': asText(openApi()),
  };
}

const asText = (document: object) => `${JSON.stringify(document, null, 2)}\n`;
